import { spawn } from 'node:child_process';
import { chmod, chown, cp, mkdir, mkdtemp, readFile, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { follow } from '../support/program.ts';

jest.setTimeout(60_000);

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;

/** A clone without node_modules. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'environment-'));
  for (const name of ['package.json', '.npmrc', 'scripts', 'src', 'tsconfig.json', 'tsconfig.build.json'])
    await cp(path.join(root, name), path.join(folder, name), { recursive: true });
});

afterEach(() => rm(folder, { recursive: true, force: true }));

async function run(command: string, ...args: string[]) {
  const env = { PATH: process.env.PATH, HOME: folder };
  const program = follow(spawn(command, args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] }));
  const code = await program.ended;
  return { code, stdout: program.stdout, stderr: program.stderr, lines: program.stderr.trim().split('\n') };
}

const node = (...args: string[]) => run(process.execPath, ...args);
const prestart = () => node('scripts/prestart.mjs');

/** Makes Node.js say that it is something else, before the program begins. */
function pretending(versions: Record<string, string>): string[] {
  const code = `Object.defineProperty(process, 'versions', { value: ${JSON.stringify(versions)} })`;
  return ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
}

async function install(...packages: string[]): Promise<void> {
  for (const name of packages) {
    const place = path.join(folder, 'node_modules', name);
    await mkdir(path.dirname(place), { recursive: true });
    await symlink(path.join(root, 'node_modules', name), place);
  }
}

describe('a script says in one sentence what is missing', () => {
  test.each([
    [{ node: '18.19.1' }, /needs Node\.js 20\.19 or later; this is 18\.19\.1/],
    [{ node: '20.11.1' }, /needs Node\.js 20\.19 or later; this is 20\.11\.1/],
    [{ node: '24.3.0', bun: '1.3.0' }, /started it with Bun\. Use npm/],
    [{ node: '22.20.0', pnp: '3' }, /Plug'n'Play is not supported\. Use npm/],
  ])('%p', async (versions, sentence) => {
    for (const script of [['scripts/run.mjs', 'demo', '--'], ['scripts/prestart.mjs']]) {
      const { code, lines } = await node(...pretending(versions), ...script);
      expect({ code, lines }).toEqual({ code: 2, lines: [expect.stringMatching(sentence)] });
    }
  });

  test('sudo, in a folder that belongs to somebody else', async () => {
    if (process.getuid?.() !== 0) return console.log('Not run: only root can be sudo.');
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    const sudo = { SUDO_UID: '1000', SUDO_USER: 'ada' };
    const as = async (owner: number) => {
      await chown(folder, owner, owner);
      const env = { PATH: process.env.PATH, HOME: folder, ...sudo };
      const program = follow(
        spawn(process.execPath, ['scripts/run.mjs', 'trust', '--', '--help'], { cwd: folder, env }),
      );
      return { code: await program.ended, lines: program.stderr.trim().split('\n') };
    };
    expect(await as(1000)).toEqual({ code: 2, lines: [expect.stringMatching(/npm run trust.*without sudo.*ada/)] });
    expect(await as(0)).toEqual({ code: 0, lines: [''] });
  });

  test('nothing is installed', async () => {
    for (const args of [
      ['run', '--silent', 'demo'],
      ['start', '--silent'],
    ]) {
      const { code, lines } = await run('npm', ...args);
      expect({ code, lines }).toEqual({ code: 2, lines: [expect.stringContaining('Run `npm ci` first')] });
    }
  });

  test('the development dependencies are not installed', async () => {
    await install('express');
    const { code, lines } = await node('scripts/run.mjs', 'doctor', '--');
    if ('typescript' in process.features && process.features.typescript) return; // it runs
    expect({ code, lines }).toEqual({ code: 2, lines: [expect.stringContaining('npm ci --include=dev')] });
  });

  test('the compiled app, in a Node.js that is too old', async () => {
    await install('tsx', 'esbuild', 'get-tsconfig', '@esbuild');
    const { code, lines } = await node(...pretending({ node: '20.18.0' }), '--import', 'tsx', 'src/server.ts');
    expect({ code, lines }).toEqual({ code: 2, lines: [expect.stringContaining('needs Node.js 20.19 or later')] });
  });
});

test('both floors are the one of package.json', async () => {
  const { engines } = JSON.parse(await readFile(path.join(root, 'package.json'), 'utf8'));
  expect(await readFile(path.join(root, 'src/server.ts'), 'utf8')).toContain(
    `[${engines.node.replace('>=', '').replace('.', ', ')}]`,
  );
});

describe('before npm start', () => {
  const complete = () => path.join(folder, 'dist/.complete');
  const builtAt = async (date: Date) => {
    await mkdir(path.join(folder, 'dist'), { recursive: true });
    await writeFile(complete(), '');
    await utimes(complete(), date, date);
  };
  const future = new Date(Date.now() + 60_000);
  const past = new Date('2020-01-01');

  test('a build that is newer than the sources is left as it is', async () => {
    await install('express');
    await builtAt(future);
    expect(await prestart()).toMatchObject({ code: 0, stdout: '', stderr: '' });
  });

  test('without the development dependencies an older build is started, and said to be older', async () => {
    await install('express');
    await builtAt(past);
    const { code, lines } = await prestart();
    expect({ code, lines }).toEqual({ code: 0, lines: [expect.stringMatching(/older than the sources/)] });
  });

  test('without them and without a build: one sentence', async () => {
    await install('express');
    const { code, lines } = await prestart();
    expect({ code, lines }).toEqual({ code: 2, lines: [expect.stringMatching(/no build in dist.*--include=dev/)] });
  });

  test('everything is there and the sources are newer: it builds', async () => {
    await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
    expect(await prestart()).toMatchObject({ code: 0, stderr: '' });
    await expect(readFile(path.join(folder, 'dist/server.js'), 'utf8')).resolves.toContain('serve');
    expect(await prestart()).toMatchObject({ code: 0, stderr: '' });
  });

  test('a folder that may not be written: the build that is there is started', async () => {
    if (process.getuid?.() === 0) return asAnotherUser();
    await install('express', 'typescript', '@types/node', '@types/express');
    await builtAt(past);
    await chmod(path.join(folder, 'dist'), 0o555);
    const { code, lines } = await prestart();
    expect({ code, lines }).toEqual({ code: 0, lines: [expect.stringMatching(/may not write to/)] });
  });

  /** For root no folder is closed. */
  async function asAnotherUser() {
    await install('express', 'typescript', '@types/node', '@types/express');
    await builtAt(past);
    await chmod(folder, 0o755);
    const options = { cwd: folder, uid: 65_534, gid: 65_534, env: { PATH: process.env.PATH } };
    const program = follow(spawn(process.execPath, ['scripts/prestart.mjs'], options));
    expect(await program.ended).toBe(0);
    expect(program.stderr).toMatch(/^The build in dist is older .*may not write to .*\n$/);
  }
});
