import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import type { Server } from 'node:net';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import type { Program } from '../support/program.ts';
import { follow } from '../support/program.ts';
import { ariel, authorize, freePort, logIn } from '../support/test-app.ts';
import { until } from '../support/until.ts';

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

test('it prints where the app and the sandbox are, and what to do next', async () => {
  const ports = await freePorts();
  const program = demo(ports);
  await program.prints(/^https:/m);
  expect(program.stdout).toBe(`https://localhost:${ports.PORT}\n`);
  for (const url of [
    `https://localhost:${ports.PORT}/flow`,
    `https://localhost:${ports.PORT}/tutorial`,
    `http://127.0.0.1:${ports.SANDBOX_PORT}`,
  ])
    expect(program.stderr).toContain(url);
  expect((await fetch(`http://127.0.0.1:${ports.SANDBOX_PORT}/`)).status).toBe(200);
}, 60_000);

test('the terminal shows logins and failures, with the code and request id that the page names, but not every request', async () => {
  const program = demo(await freePorts());
  await program.prints(/^https:/m);
  const url = program.stdout.trim();
  const browser = new Browser();
  const personas = await browser.visit(`${url}/auth/login`);
  const consent = await browser.press(personas, ariel.email);
  const cancelled = await browser.press(consent, 'Cancel');
  expect(cancelled.body).toContain('access_denied');
  const requestId = cancelled.headers.get('x-request-id') ?? 'none';
  await program.prints(new RegExp(`access_denied.*${requestId}|${requestId}.*access_denied`), { withinMs: 5_000 });
  await logIn({ url });
  await program.prints(/INFO: login_succeeded.*memberId=/, { withinMs: 5_000 });
  expect(program.stderr).not.toContain('GET /');
  expect(program.stdout).toBe(`${url}\n`);
}, 60_000);

describe('a port that is taken', () => {
  let squatter: Server;
  const squat = async (port: number) => {
    squatter = createServer().listen(port, '127.0.0.1');
    await once(squatter, 'listening').catch(() => {}); // then somebody else has it, which serves as well
  };
  afterEach(() => void squatter?.close());

  test('PORT: who has it, how to choose another, exit code 2, nothing was made', async () => {
    const { PORT, SANDBOX_PORT } = await freePorts();
    await squat(Number(PORT));
    const program = demo({ PORT, SANDBOX_PORT });
    expect(await program.ended).toBe(2);
    expect(program.stderr).toContain(`Port ${PORT} is taken by another program`);
    expect(program.stderr).toContain(`process ${process.pid}`);
    expect(program.stderr).toContain('npm run demo -- --port');
    expect(program.stdout).toBe('');
    expect(existsSync(path.join(folder, '.data/demo/.env'))).toBe(false);
  }, 60_000);

  test('SANDBOX_PORT: the same', async () => {
    const ports = await freePorts();
    await squat(Number(ports.SANDBOX_PORT));
    const program = demo(ports);
    expect(await program.ended).toBe(2);
    expect(program.stderr).toMatch(new RegExp(`Port ${ports.SANDBOX_PORT} .*is taken by another program`));
    expect(program.stderr).toContain('SANDBOX_PORT');
  }, 60_000);

  test('4000, which nobody asked for: the sandbox takes a free one', async () => {
    const { PORT } = await freePorts();
    await squat(4000);
    const program = demo({ PORT });
    await program.prints(/^https:/m);
    const [, port] = await program.prints(/http:\/\/127\.0\.0\.1:(\d+)/);
    expect(port).not.toBe('4000');
    const { page } = await logIn({ url: program.stdout.trim() });
    expect(page.body).toContain(ariel.email);
  }, 60_000);

  test('PORT, by a demo that runs here: where it is, and how to stop it', async () => {
    const ports = await freePorts();
    const first = demo(ports);
    await first.prints(/^https:/m);
    const second = demo(ports);
    expect(await second.ended).toBe(2);
    expect(second.stderr).toContain('The demo is already running');
    expect(second.stderr).toContain(`process ${first.child.pid}`);
    expect(second.stderr).toContain(`https://localhost:${ports.PORT}`);
    expect(second.stderr).toContain(`http://127.0.0.1:${ports.SANDBOX_PORT}`);
    const { page } = await logIn({ url: first.stdout.trim() });
    expect(page.body).toContain(ariel.email);
  }, 60_000);
});

test('Ctrl-C ends it within a second, also while LaunchDarkly leaves a login without an answer', async () => {
  const ports = await freePorts();
  const program = demo(ports);
  await program.prints(/^https:/m);
  const { browser, callback } = await authorize({ url: program.stdout.trim() });
  const sandbox = `http://127.0.0.1:${ports.SANDBOX_PORT}`;
  await fetch(`${sandbox}/__sandbox/faults`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: '{"faults":[{"endpoint":"token","fault":"silent"}]}',
  });
  const unanswered = browser.visit(callback.href).catch(() => 'cut');
  await until(async () => (await (await fetch(`${sandbox}/__sandbox/ledger`)).text()).includes('/trust/oauth/token'));
  const since = performance.now();
  expect(await end(program)).toBe(0);
  expect(performance.now() - since).toBeLessThan(1_000);
  expect(await unanswered).toBe('cut');
}, 60_000);

describe('files of the demo that cannot be used', () => {
  test.each(['sandbox/state.json', 'sessions.db', '.env'])(
    '%s is broken: what to delete, and it works again',
    async (name) => {
      const ports = await freePorts();
      const file = path.join(folder, '.data/demo', name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, 'LD_OAUTH_CLIENT_ID="\nLD_OAUTH_CLIENT_ID=x\nSESSION_SECRET=1\0');
      const program = demo(ports);
      expect(await program.ended).toBe(1);
      const data = await realpath(path.join(folder, '.data/demo'));
      expect(program.stderr).toContain(`Delete ${data} and run the demo again`);
      expect(program.stderr.trim().split('\n')).toHaveLength(1);
      expect(program.stderr).not.toMatch(/SESSION_STORE|npm run clients|data directory/);
      await rm(data, { recursive: true });
      const again = demo(ports);
      await again.prints(/^https:/m);
    },
    60_000,
  );

  test('the folder cannot be made: one sentence with its place and the reason', async () => {
    await writeFile(path.join(folder, '.data'), '');
    const program = demo(await freePorts());
    expect(await program.ended).toBe(1);
    expect(program.stderr).toMatch(/cannot write to .*\.data\/demo \((EEXIST|ENOTDIR)\)/);
    expect(program.stderr.trim().split('\n')).toHaveLength(1);
  }, 60_000);
});

test('--help explains, options choose the ports, and an unknown argument is refused with exit code 2', async () => {
  const help = demo({}, ['--help']);
  expect(await help.ended).toBe(0);
  expect(help.stdout).toContain('SANDBOX_PORT');
  const wrong = demo({}, ['--no-such-option=1']);
  expect(await wrong.ended).toBe(2);
  expect(wrong.stderr).toContain('--no-such-option');
  const noPort = demo({}, ['--port', '0x']);
  expect(await noPort.ended).toBe(2);
  expect(existsSync(path.join(folder, '.data'))).toBe(false);
  const { PORT, SANDBOX_PORT } = await freePorts();
  const program = demo({ PORT: '1' }, ['--port', PORT, '--sandbox-port', SANDBOX_PORT]);
  await program.prints(new RegExp(`^https://localhost:${PORT}$`, 'm'));
  expect(program.stderr).toContain(`http://127.0.0.1:${SANDBOX_PORT}`);
}, 60_000);

describe('a browser on another machine', () => {
  let tunnel: Server | undefined;
  afterEach(() => void tunnel?.close());

  test('Gitpod: the port comes before the name of the workspace', async () => {
    const ports = await freePorts();
    const program = demo({ ...ports, GITPOD_WORKSPACE_URL: 'https://acme-login-x1.ws-eu1.gitpod.io' });
    await program.prints(/^https:/m);
    expect(program.stdout).toBe(`https://${ports.PORT}-acme-login-x1.ws-eu1.gitpod.io\n`);
    expect(program.stderr).toContain(`https://${ports.SANDBOX_PORT}-acme-login-x1.ws-eu1.gitpod.io`);
  }, 60_000);

  test('over ssh: the tunnel that makes both URLs work', async () => {
    const ports = await freePorts();
    const program = demo({ ...ports, SSH_CONNECTION: '203.0.113.7 50000 192.0.2.1 22' });
    await program.prints(/^https:/m);
    const { PORT, SANDBOX_PORT } = ports;
    expect(program.stderr).toContain(`ssh -L ${PORT}:localhost:${PORT} -L ${SANDBOX_PORT}:127.0.0.1:${SANDBOX_PORT}`);
  }, 60_000);

  test('a tunnel with other ports: the app keeps its own TLS, and the login ends at the public port', async () => {
    const ports = await freePorts();
    const here = await freePort();
    tunnel = createServer((socket) => {
      const passed = connect(Number(ports.PORT), '127.0.0.1');
      socket.pipe(passed).pipe(socket);
      for (const end of [socket, passed]) end.on('error', () => socket.destroy());
    }).listen(here, '127.0.0.1');
    const program = demo(ports, ['--public-url', `https://localhost:${here}`]);
    await program.prints(/^https:/m);
    expect(program.stdout).toBe(`https://localhost:${here}\n`);
    const { page } = await logIn({ url: `https://localhost:${here}` });
    expect(page.body).toContain(ariel.email);
    expect(page.url).toBe(`https://localhost:${here}/`);
  }, 60_000);

  test.each([
    [['--public-url', 'http://app.example.com'], /--public-url .*https/],
    [['--public-url', 'app.example.com'], /--public-url .*https/],
    [['--public-url', 'https://app.example.com/path'], /--public-url .*without a path/],
    [['--public-url', 'https://app.example.com'], /--sandbox-url/],
    [['--sandbox-url', 'ftp://ld.example.com'], /--sandbox-url .*http/],
  ])(
    '%p is refused with what is right, exit code 2',
    async (args, sentence) => {
      const program = demo(await freePorts(), args);
      expect(await program.ended).toBe(2);
      expect(program.stderr).toMatch(sentence);
    },
    60_000,
  );
});
