import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Program } from '../support/program.ts';
import { follow } from '../support/program.ts';
import { ariel, freePort, logIn } from '../support/test-app.ts';

const root = path.resolve(import.meta.dirname, '../..');
let folder: string;
let started: Program[];

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'demo-'));
  started = [];
});

afterEach(async () => {
  for (const { child } of started) child.kill('SIGKILL');
  await Promise.all(started.map(({ ended }) => ended));
  await rm(folder, { recursive: true, force: true });
});

/** Runs the demo in a folder of its own. */
function demo(env: Record<string, string> = {}, args: string[] = []): Program {
  const loader = pathToFileURL(path.join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;
  const child = spawn(process.execPath, ['--import', loader, path.join(root, 'scripts/demo.ts'), ...args], {
    cwd: folder,
    env: { PATH: process.env.PATH ?? '', HOME: folder, ...env },
  });
  const program = follow(child);
  started.push(program);
  return program;
}

async function freePorts(): Promise<{ PORT: string; SANDBOX_PORT: string }> {
  return { PORT: String(await freePort()), SANDBOX_PORT: String(await freePort()) };
}

async function end(program: Program): Promise<number | string> {
  program.child.kill('SIGINT');
  return program.ended;
}

test('one URL is printed, and a login without JavaScript ends on a page with the persona', async () => {
  const program = demo(await freePorts());
  await program.prints(/^https:\/\/localhost:\d+$/m);
  const { page } = await logIn({ url: program.stdout.trim() });
  expect(page.body).toContain(ariel.email);
  expect(await end(program)).toBe(0);
}, 60_000);

test('nothing but .data/ is touched, and a second run uses the same registration', async () => {
  const ports = await freePorts();
  await writeFile(path.join(folder, '.env'), 'LD_BASE_URI=nonsense\n');
  const first = demo(ports);
  await first.prints(/^https:/m);
  await end(first);
  const registered = await readFile(path.join(folder, '.data/demo/.env'), 'utf8');
  const second = demo(ports);
  await second.prints(/^https:/m);
  const { page } = await logIn({ url: second.stdout.trim() });
  await end(second);
  expect(page.body).toContain(ariel.email);
  expect(await readFile(path.join(folder, '.data/demo/.env'), 'utf8')).toBe(registered);
  expect((await readdir(folder)).sort()).toEqual(['.data', '.env']);
  expect(await readFile(path.join(folder, '.env'), 'utf8')).toBe('LD_BASE_URI=nonsense\n');
}, 60_000);

test.each(['PORT', 'SANDBOX_PORT'] as const)(
  'a taken %s is named, with how to choose others, and exit code 2',
  async (taken) => {
    const ports = await freePorts();
    const squatter = createServer().listen(Number(ports[taken]), '127.0.0.1');
    const program = demo(ports);
    expect(await program.ended).toBe(2);
    expect(program.stderr).toContain(`Port ${ports[taken]} is taken`);
    expect(program.stderr).toContain('SANDBOX_PORT=');
    expect(program.stdout).toBe('');
    squatter.close();
  },
  60_000,
);

test('--help explains, and an unknown argument is refused with exit code 2', async () => {
  const help = demo({}, ['--help']);
  expect(await help.ended).toBe(0);
  expect(help.stdout).toContain('SANDBOX_PORT');
  const wrong = demo({}, ['--port=1']);
  expect(await wrong.ended).toBe(2);
  expect(wrong.stderr).toContain('--port');
  expect(existsSync(path.join(folder, '.data'))).toBe(false);
}, 60_000);
