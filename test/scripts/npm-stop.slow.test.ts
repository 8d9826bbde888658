import { spawn } from 'node:child_process';
import { cp, mkdtemp, readdir, readlink, rm, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { follow, type Program } from '../support/program.ts';
import { freePort } from '../support/test-app.ts';
import { until } from '../support/until.ts';

jest.setTimeout(120_000);

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let npm: Program | undefined;

/** A copy of the project, so that whatever runs in it is what this test has started. */
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'npm-stop-'));
  for (const name of ['package.json', '.npmrc', 'scripts', 'src', 'views', 'tsconfig.json', 'tsconfig.build.json'])
    await cp(path.join(root, name), path.join(folder, name), { recursive: true });
  await symlink(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
});

afterEach(async () => {
  for (const pid of await processesHere()) process.kill(pid, 'SIGKILL');
  await npm?.ended;
  await rm(folder, { recursive: true, force: true });
});

function run(args: string[], env: Record<string, string>): Program {
  npm = follow(spawn('npm', args, { cwd: folder, env: { PATH: process.env.PATH, HOME: folder, ...env } }));
  return npm;
}

/** Every process that has the copy as its current directory. */
async function processesHere(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const places = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => undefined)));
  return pids.filter((_, index) => places[index] === folder).map(Number);
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  return new Promise((resolve) => {
    socket.on('connect', () => resolve(true)).on('error', () => resolve(false));
  }).finally(() => socket.destroy()) as Promise<boolean>;
}

async function expectAllEnded(...ports: number[]): Promise<void> {
  await until(async () => (await processesHere()).length === 0, { withinMs: 5_000, everyMs: 50 });
  for (const port of ports) expect(await isOpen(port)).toBe(false);
}

test('npm run demo: SIGTERM to npm ends everything and frees both ports', async () => {
  const [PORT, SANDBOX_PORT] = [await freePort(), await freePort()];
  const program = run(['run', 'demo'], { PORT: String(PORT), SANDBOX_PORT: String(SANDBOX_PORT) });
  await program.prints(/^https:/m);
  program.child.kill('SIGTERM');
  await expectAllEnded(PORT, SANDBOX_PORT);
});

test('npm run sandbox: the same', async () => {
  const port = await freePort();
  const program = run(['run', 'sandbox', '--', '--port', String(port)], {});
  await program.prints(/sandbox is at/);
  program.child.kill('SIGTERM');
  await expectAllEnded(port);
});

test('npm start: SIGTERM to npm lets the app finish and leaves no process', async () => {
  const port = await freePort();
  await writeFile(
    path.join(folder, '.env'),
    `LD_OAUTH_CLIENT_ID=a\nLD_OAUTH_CLIENT_SECRET=b\nLD_ACCOUNT_ID=c\nSESSION_SECRET=qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs\n`,
  );
  const uri = `https://localhost:${port}/auth/callback`;
  const program = run(['start'], { LD_OAUTH_REDIRECT_URI: uri, LOG_FORMAT: 'json' });
  await program.prints(/"event":"listening"/);
  program.child.kill('SIGTERM');
  await until(() => program.stdout.includes('"event":"stopped"'), { withinMs: 5_000 });
  await expectAllEnded(port);
});
