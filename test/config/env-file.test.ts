import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  realpath,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { readEnvFile } from '../../src/config/config.ts';
import { checkEnvFileWritable, updateEnvFile } from '../../src/config/env-file.ts';
import { posixTest } from '../support/posix.ts';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'env-file-'))); // on macOS the folder for temporary files is a link
  path = join(folder, '.env');
});
afterEach(() => rm(folder, { recursive: true }));

const text = () => readFile(path, 'utf8');
const mode = async () => (await stat(path)).mode & 0o777;

describe('updateEnvFile', () => {
  posixTest('makes a private file when there is none, and its folder', async () => {
    path = join(folder, 'a', 'b', '.env');
    expect(await updateEnvFile(path, { K: 'v' })).toEqual({ file: path, created: true });
    expect(await text()).toBe('K=v\n');
    expect(await mode()).toBe(0o600);
  });

  posixTest('tightens a file that others can read, and says so', async () => {
    await writeFile(path, 'A=1\n', { mode: 0o644 });
    expect(await updateEnvFile(path, { K: 'v' })).toMatchObject({ created: false, tightenedFrom: '0644' });
    expect(await mode()).toBe(0o600);
  });

  posixTest('writes through a symbolic link, which stays one', async () => {
    const target = join(folder, 'shared.env');
    await writeFile(target, 'A=1\n');
    await symlink('shared.env', path);
    await updateEnvFile(path, { K: 'v' });
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect(await readFile(target, 'utf8')).toBe('A=1\nK=v\n');
  });

  posixTest('makes the file at the end of a symbolic link that points nowhere yet', async () => {
    await symlink('later/shared.env', path);
    await updateEnvFile(path, { K: 'v' });
    expect((await lstat(path)).isSymbolicLink()).toBe(true);
    expect(await readFile(join(folder, 'later', 'shared.env'), 'utf8')).toBe('K=v\n');
  });

  posixTest('follows a chain of links whose end is missing, and replaces none of them', async () => {
    await mkdir(join(folder, 'config'));
    await symlink('config/current.env', path);
    await symlink('../later/app.env', join(folder, 'config', 'current.env'));
    expect(await updateEnvFile(path, { K: 'v' })).toMatchObject({ file: join(folder, 'later', 'app.env') });
    expect(await readlink(path)).toBe('config/current.env');
    expect(await readlink(join(folder, 'config', 'current.env'))).toBe('../later/app.env');
    expect(await readFile(join(folder, 'later', 'app.env'), 'utf8')).toBe('K=v\n');
  });

  test('leaves nothing but the file behind', async () => {
    await updateEnvFile(path, { K: 'v' });
    expect(await readdir(folder)).toEqual(['.env']);
  });

  test.each([
    ['not_a_file', 'a folder in its place', () => mkdir(path)],
    ['read_only', 'a read-only file', () => writeFile(path, '', { mode: 0o400 })],
    ['not_utf8', 'a file that is not UTF-8', () => writeFile(path, Buffer.from([0x41, 0x3d, 0xe9]))],
    ['duplicate', 'a name set twice', () => writeFile(path, 'K=1\nK=2\n')],
  ])('refuses (%s) %s, names the file, and leaves it alone', async (reason, _, make) => {
    await make();
    const before = await readdir(folder);
    for (const write of [() => updateEnvFile(path, { K: 'v' }), () => checkEnvFileWritable(path, ['K'])]) {
      await expect(write()).rejects.toMatchObject({ reason, message: expect.stringContaining(path) });
    }
    expect(await readdir(folder)).toEqual(before);
  });

  posixTest('refuses a path that leads through a file, and one that goes round in a circle', async () => {
    await writeFile(path, '');
    await symlink('loop', join(folder, 'loop'));
    for (const impossible of [join(path, '.env'), join(folder, 'loop')]) {
      await expect(updateEnvFile(impossible, { K: 'v' })).rejects.toMatchObject({ reason: 'not_writable' });
    }
  });
});

describe('an env file that cannot be read says so in one sentence, with what to do:', () => {
  const cases: [string, string, () => unknown, RegExp][] = [
    ['a folder', 'not_a_file', () => mkdir(path), /there is a folder in its place\. Docker .* Remove the folder/],
    ['a FIFO', 'not_a_file', () => execFileSync('mkfifo', [path]), /a named pipe \(FIFO\)/],
    ['a device', 'not_a_file', () => symlink('/dev/zero', path), /a device/],
    ['a socket', 'not_a_file', listenOn, /a socket/],
    [
      'UTF-16 from PowerShell',
      'not_utf8',
      () => writeFile(path, '\uFEFFK=v\r\n', 'utf16le'),
      /UTF-16.*Save it as UTF-8/,
    ],
    ['UTF-16 without a mark', 'not_utf8', () => writeFile(path, 'K=v\r\n', 'utf16le'), /UTF-16.*Save it as UTF-8/],
    ['bytes of Latin-1', 'not_utf8', () => writeFile(path, 'K=\xe9', 'latin1'), /not UTF-8 text/],
    ['links in a circle', 'unreadable', () => symlink('.env', path), /ELOOP.*circle/],
    [
      'a file in place of its folder',
      'unreadable',
      async () => {
        await writeFile(path, '');
        path = join(path, '.env');
      },
      /ENOTDIR.*a file, not a folder/,
    ],
  ];
  const notOnWindows = ['a FIFO', 'a device', 'a socket', 'links in a circle', 'a file in place of its folder'];
  const here = cases.filter(([what]) => process.platform !== 'win32' || !notOnWindows.includes(what));
  test.each(here)('%s', async (_what, reason, make, says) => {
    await make();
    expect(() => readEnvFile(path)).toThrow(
      expect.objectContaining({ reason, exitCode: 2, message: expect.stringMatching(says) }),
    );
    expect(() => readEnvFile(path)).toThrow(path);
  });

  async function listenOn() {
    const server = createServer().listen(path);
    await once(server, 'listening');
    server.unref();
  }
});

describe('checkEnvFileWritable', () => {
  posixTest('keeps the content, makes it private, and clears what a killed process left', async () => {
    await writeFile(path, 'A=1 # c\r\n', { mode: 0o640 });
    await writeFile(`${path}.saving`, 'K=secret\n');
    expect(await checkEnvFileWritable(path, ['K'])).toMatchObject({ tightenedFrom: '0640' });
    expect(await text()).toBe('A=1 # c\r\n');
    expect(await readdir(folder)).toEqual(['.env']);
  });

  test('makes no file where there is none', async () => {
    expect(await checkEnvFileWritable(path, ['K'])).toBeUndefined();
    expect(await readdir(folder)).toEqual([]);
  });
});
