import { spawn } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Program } from '../support/program.ts';
import { follow } from '../support/program.ts';
import { ariel, freePort, logIn, whoAmI } from '../support/test-app.ts';

jest.setTimeout(60_000);

const root = path.resolve(import.meta.dirname, '../..');
const hasSqlite = process.getBuiltinModule?.('node:sqlite' as 'node:fs') !== undefined;
const native = `@libsql/${process.platform}-${process.arch}`;
let project: string;
let work: string;
const started: Program[] = [];

/** A copy of the project whose libsql has no native part. */
beforeAll(async () => {
  project = await mkdtemp(path.join(tmpdir(), 'without-libsql-'));
  for (const name of ['package.json', 'scripts', 'src', 'views', 'tsconfig.json'])
    await cp(path.join(root, name), path.join(project, name), { recursive: true });
  const modules = path.join(project, 'node_modules');
  await mkdir(modules);
  for (const name of await readdir(path.join(root, 'node_modules')))
    if (!['libsql', '@libsql', '.cache'].includes(name))
      await symlink(path.join(root, 'node_modules', name), path.join(modules, name));
  await cp(path.join(root, 'node_modules/libsql'), path.join(modules, 'libsql'), { recursive: true });
});
afterAll(() => rm(project, { recursive: true, force: true }));

beforeEach(async () => {
  work = await mkdtemp(path.join(tmpdir(), 'work-'));
});
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
  await rm(work, { recursive: true, force: true });
});

function run(args: string[], env: Record<string, string> = {}): Program {
  const child = spawn(
    process.execPath,
    args.map((arg) => arg.replace(/^(scripts|src)\//, `${project}/$1/`)),
    {
      cwd: work,
      env: { PATH: process.env.PATH ?? '', HOME: work, ...env },
    },
  );
  const program = follow(child);
  started.push(program);
  return program;
}

const loader = path.join(root, 'node_modules/tsx/dist/loader.mjs');
const settings = {
  LD_OAUTH_CLIENT_ID: 'a',
  LD_OAUTH_CLIENT_SECRET: 'b',
  LD_ACCOUNT_ID: 'c',
  SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
};

const whatIsMissing = /^SQLite cannot be loaded here: .*npm ci.*Node\.js 22\.13.*SESSION_STORE=redis/;

async function expectOneSentence(program: Program): Promise<void> {
  expect(await program.ended).toBe(1);
  expect(program.stderr.trim().split('\n')).toEqual([expect.stringMatching(whatIsMissing)]);
}

describe.each([
  ['has no binary for this machine', undefined],
  ['has a broken binary', 'not a library'],
])('libsql %s', (_what, binary) => {
  beforeAll(async () => {
    if (binary === undefined) return;
    for (const name of [native, `${native}-gnu`, `${native}-musl`, `${native}-msvc`]) {
      const folder = path.join(project, 'node_modules', name);
      await mkdir(folder, { recursive: true });
      await writeFile(path.join(folder, 'index.node'), binary);
      await writeFile(
        path.join(folder, 'package.json'),
        JSON.stringify({ name, version: '0.0.0', main: 'index.node' }),
      );
    }
  });

  const demo = async () =>
    run([
      'scripts/run.mjs',
      'demo',
      '--',
      '--port',
      String(await freePort()),
      '--sandbox-port',
      String(await freePort()),
    ]);

  if (hasSqlite) {
    test('SQLite of Node.js takes its place: a login works, and survives a kill', async () => {
      const ports = ['--port', String(await freePort()), '--sandbox-port', String(await freePort())];
      const first = run(['scripts/run.mjs', 'demo', '--', ...ports]);
      await first.prints(/^https:/m);
      const url = first.stdout.trim();
      const { browser, page } = await logIn({ url });
      expect(page.body).toContain(ariel.email);
      first.child.kill('SIGKILL');
      await first.ended;
      const second = run(['scripts/run.mjs', 'demo', '--', ...ports]);
      await second.prints(/^https:/m);
      expect(await whoAmI({ url }, browser)).toEqual({ status: 200, email: ariel.email });
      second.child.kill('SIGINT');
      expect(await second.ended).toBe(0);
      expect(await readdir(path.join(work, '.data/demo'))).not.toContain('sessions.db-wal');
    });
  } else {
    test('demo and app say what is missing and what to do, and exit with 1', async () => {
      await expectOneSentence(await demo());
      for (const SESSION_STORE of ['file:sessions.db', 'memory:'])
        await expectOneSentence(run(['--import', loader, 'src/server.ts'], { ...settings, SESSION_STORE }));
    });
  }

  test('the app with Redis starts, and the doctor checks the rest', async () => {
    const port = String(await freePort());
    const env = { ...settings, PORT: port, LOG_FORMAT: 'json', SESSION_STORE: 'redis://127.0.0.1:9' };
    const app = run(['--import', loader, 'src/server.ts'], env);
    await app.prints(/"event":"listening"/);
    const doctor = run(['scripts/run.mjs', 'doctor', '--', '--json'], { ...env, LD_BASE_URI: 'http://127.0.0.1:9' });
    expect(await doctor.ended).toBe(1);
    expect(JSON.parse(doctor.stdout).checks.length).toBeGreaterThan(5);
    expect(app.child.exitCode).toBe(null);
  });
});
