import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { describeAuthority, trustStores } from '../../scripts/trust/stores.ts';
import { showCommand } from '../../scripts/trust/trust-store.ts';
import { localCertificate } from '../../src/local-https/certificate.ts';
import { follow } from '../support/program.ts';
import { describeWith } from '../support/when-installed.ts';

const run = promisify(execFile);
const root = path.resolve(import.meta.dirname, '../..');
let home: string;

beforeEach(async () => {
  home = await mkdtemp(path.join(tmpdir(), 'trust-home-'));
});

afterEach(() => rm(home, { recursive: true, force: true }));

describeWith('certutil', 'libnss3-tools', 'npm run trust on Linux', () => {
  test('says what it will do, adds the CA to the databases of Chromium and Firefox, and takes just that back', async () => {
    const firefox = await firefoxProfile('abc.default');
    const foreign = await foreignAuthority(firefox);
    const trusting = await trust('--yes');
    const name = /"(Log in with LaunchDarkly local CA \w{8})"/.exec(trusting.stderr)?.[1];
    expect(trusting).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/Chromium.*trusts it now\n.*Firefox.*trusts it now/),
    });
    expect(trusting.stderr).toContain(`certutil -A -d sql:${firefox} -t C,, -n "${name}"`);
    expect(await authorities('.pki/nssdb')).toEqual([name]);
    expect((await authorities(firefox)).sort()).toEqual([foreign, name].sort());

    expect(await trust('--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/trusted it already\n.*trusted it already/),
    });

    expect(await trust('--undo', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringMatching(/no longer trusts it now\n/),
    });
    expect(await authorities('.pki/nssdb')).toEqual([]);
    expect(await authorities(firefox)).toEqual([foreign]);
    expect(await trust('--undo', '--yes')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('does not trust it'),
    });
  });

  test('in WSL: how the browsers of Windows come to trust it', async () => {
    const { stderr } = await trust({ WSL_DISTRO_NAME: 'Ubuntu' }, '--yes');
    expect(stderr).toMatch(/Windows.*certutil\.exe -user -addstore Root .*ca\.pem/);
    expect((await trust('--yes')).stderr).not.toContain('Windows');
  });

  test('a new CA takes the place of its predecessor, and --undo forgets both', async () => {
    await trust('--yes');
    const [first] = await authorities('.pki/nssdb');
    await rm(path.join(home, 'tls/certificate-1.pem'));
    await trust('--yes');
    const [second, ...others] = await authorities('.pki/nssdb');
    expect([second === first, others]).toEqual([false, []]);
    await rm(path.join(home, 'tls/certificate-1.pem'));
    expect((await trust('--undo', '--yes')).code).toBe(0);
    expect(await authorities('.pki/nssdb')).toEqual([]);
  });

  test('--dry-run changes nothing, and --json is one document with a state for each list', async () => {
    const { stdout, code } = await trust('--dry-run', '--json');
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      undo: false,
      stores: [{ forBrowsers: true, state: 'planned' }],
    });
    expect(existsSync(path.join(home, 'tls'))).toBe(false);
    expect(existsSync(path.join(home, '.pki'))).toBe(false);
    await trust('--yes');
    expect(JSON.parse((await trust('--yes', '--json')).stdout).stores).toMatchObject([{ state: 'unchanged' }]);
  });

  test('a list that refuses is reported with what its tool said, and exit code 1', async () => {
    const firefox = await firefoxProfile('broken');
    await writeFile(path.join(firefox, 'cert9.db'), 'no database at all, but long enough to be read as one'.repeat(99));
    const { stdout, code } = await trust('--yes');
    expect(code).toBe(1);
    expect(stdout).toMatch(/✓ Chromium.*\n✗ Firefox.*was not changed: certutil: .*SEC_ERROR/);
  });
});

test('without certutil it says how to install it, and changes nothing', async () => {
  await mkdir(path.join(home, 'bin'));
  await symlink(process.execPath, path.join(home, 'bin/node'));
  const { stdout, code } = await trust('--yes', { PATH: path.join(home, 'bin') });
  expect(code).toBe(1);
  expect(stdout).toMatch(
    /! Chromium.*was not changed: changing it needs the program certutil\. Install it \(Debian, Ubuntu: apt install libnss3-tools/,
  );
  expect(existsSync(path.join(home, '.pki'))).toBe(false);
});

test.each([
  [['--foo'], /Unknown option '--foo'/],
  [['extra'], /Unexpected argument/],
  [['--directory='], /--directory needs a path/],
  [[], /There is no terminal to ask on: --yes says yes/],
])('%j exits 2 and says what would be right', async (args, message) => {
  const { stderr, code } = await trust(...args);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

test('a redirect URI of another machine needs no trust from here', async () => {
  const { stderr, code } = await trust('--yes', { LD_OAUTH_REDIRECT_URI: 'https://app.example.com/cb' });
  expect([code, stderr]).toEqual([2, expect.stringContaining('app.example.com, is not a name of this machine')]);
});

test('--help explains itself', async () => {
  expect(await trust('--help')).toMatchObject({ code: 0, stdout: expect.stringContaining('--undo') });
});

describe('elsewhere', () => {
  const machine = { home: '/home/me', isRoot: false, includeSystem: true };

  test('macOS uses the login keychain', async () => {
    const { shown, authority } = await commandsOn('darwin');
    const keychain = '/home/me/Library/Keychains/login.keychain-db';
    expect(shown).toEqual([
      `security add-trusted-cert -r trustRoot -p ssl -k ${keychain} ${authority.file}`,
      `security delete-certificate -t -Z ${authority.sha1} ${keychain}`,
    ]);
  });

  test('Windows uses the root certificates of the user', async () => {
    const { shown, authority } = await commandsOn('win32');
    expect(shown).toEqual([
      `certutil -user -addstore Root ${authority.file}`,
      `certutil -user -delstore Root ${authority.sha1}`,
    ]);
  });

  test('the list of the whole machine is left to the administrator, with the commands', async () => {
    const system = (await trustStores({ ...machine, platform: 'linux' })).filter(({ forBrowsers }) => !forBrowsers);
    for (const store of system) {
      expect(store.blocked?.([['install', 'a', 'b'], ['refresh']])).toMatch(/sudo install a b && sudo refresh$/);
    }
  });

  async function commandsOn(platform: string) {
    const { ca, caFile } = await localCertificate({
      directory: path.join(home, 'tls'),
      hostnames: ['localhost'],
    });
    const authority = describeAuthority(ca, caFile);
    expect(authority.sha1).toBe(
      (await run('openssl', ['x509', '-noout', '-fingerprint', '-in', caFile])).stdout
        .split('=')[1]
        ?.trim()
        .replaceAll(':', ''),
    );
    const stores = await trustStores({ ...machine, platform });
    const commands = stores.flatMap((store) => [...store.addCommands(authority), ...store.removeCommands(authority)]);
    return { shown: commands.map(showCommand), authority };
  }
});

/** Runs the script with a home directory of its own; a last argument that is no string adds to the environment. */
async function trust(...given: (string | Record<string, string>)[]) {
  const args = given.filter((one) => typeof one === 'string');
  const env = given.find((one) => typeof one !== 'string');
  const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs');
  const child = spawn(
    process.execPath,
    [
      '--import',
      tsx,
      path.join(root, 'scripts/trust.ts'),
      '--directory',
      path.join(home, 'tls'),
      '--no-system',
      ...args,
    ],
    { cwd: home, env: { PATH: process.env.PATH, HOME: home, ...env }, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  const program = follow(child);
  return { code: await program.ended, stdout: program.stdout, stderr: program.stderr };
}

async function firefoxProfile(name: string): Promise<string> {
  const directory = path.join(home, '.mozilla/firefox', name);
  await mkdir(directory, { recursive: true });
  await run('certutil', ['-N', '-d', `sql:${directory}`, '--empty-password']);
  return directory;
}

/** A CA that somebody else has put there. */
async function foreignAuthority(database: string): Promise<string> {
  const { caFile } = await localCertificate({ directory: path.join(home, 'foreign'), hostnames: [] });
  const name = describeAuthority(await readFile(caFile, 'utf8'), caFile).name;
  await run('certutil', ['-A', '-d', `sql:${database}`, '-t', 'C,,', '-n', name, '-i', caFile]);
  return name;
}

/** The names of the CAs that a database trusts for servers. */
async function authorities(database: string): Promise<string[]> {
  const { stdout } = await run('certutil', ['-L', '-d', `sql:${path.resolve(home, database)}`]);
  return [...stdout.matchAll(/^(.+?)\s+C,,\s*$/gm)].map(([, name = '']) => name);
}
