import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'dotenv';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { expiredCertificate, privateCa } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import type { Front } from '../support/launchdarkly-front.ts';
import { startFront } from '../support/launchdarkly-front.ts';
import { follow } from '../support/program.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';
import { proxyAddress, startTinyproxy } from '../support/tinyproxy.ts';
import { describeWith } from '../support/when-installed.ts';

const root = path.resolve(import.meta.dirname, '../..');
const opened: { close(): Promise<void> }[] = [];
let folder: string;
let sandbox: Sandbox;
let pair: { ca: string; key: string; cert: string };

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'outgoing-'));
  sandbox = await startSandbox({ port: 0 });
  pair = await privateCa('localhost', hostname());
  await writeFile(path.join(folder, 'ca.pem'), pair.ca);
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

afterAll(async () => {
  await sandbox.close();
  await rm(folder, { recursive: true });
});

describeWith('tinyproxy', 'tinyproxy', 'where only a proxy leads out, and a private authority signs', (executable) => {
  // A name of this machine that is not localhost, which is always reached directly.
  const host = hostname();

  test('bootstrap registers and a login works, and nothing tries the direct way', async () => {
    const front = await opening(startFront(sandbox.url, { tls: pair, only: proxyAddress }));
    const proxy = await opening(startTinyproxy(executable, front.port));
    const outgoing = {
      LD_BASE_URI: `https://${host}:${front.port}`,
      HTTPS_PROXY: proxy.url,
      NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
    };
    const envFile = path.join(folder, 'proxied.env');
    const redirectUri = `https://localhost:${await freePort()}/auth/callback`;
    const registered = await bootstrap(envFile, { ...outgoing, LD_OAUTH_REDIRECT_URI: redirectUri });
    expect(registered).toEqual({ code: 0, stdout: expect.any(String), stderr: expect.any(String) });

    const app = await startApp({ ...parse(await readFile(envFile, 'utf8')), ...outgoing });
    const page = await logIn(redirectUri);
    expect([page.status, new URL(page.url).pathname]).toEqual([200, '/projects']);

    expect(new Set(front.callers)).toEqual(new Set([proxyAddress]));
    expect(new Set(await proxy.connects())).toEqual(new Set([`${host}:${front.port}`]));
    await app.prints(/login_succeeded/);
  });

  test('NO_PROXY leads around it', async () => {
    const front = await opening(startFront(sandbox.url, { tls: pair }));
    const proxy = await opening(startTinyproxy(executable, front.port));
    const redirectUri = await start(
      front,
      {
        HTTPS_PROXY: proxy.url,
        NO_PROXY: `example.com,${host}`,
        NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
      },
      host,
    );
    expect((await logIn(redirectUri)).status).toBe(200);
    expect(await proxy.connects()).toEqual([]);
  });

  test('a proxy that refuses is named, with what to check', async () => {
    const front = await opening(startFront(sandbox.url, { tls: pair }));
    const proxy = await opening(startTinyproxy(executable, 1));
    const redirectUri = await start(
      front,
      {
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem'),
      },
      host,
    );
    await failsToLogIn(redirectUri, /PROXY_REFUSED\. The proxy does not connect .*HTTPS_PROXY/);
  });
});

describe('a certificate that cannot be trusted is explained in the log, never by switching checks off:', () => {
  test('of an unknown authority', async () => {
    const front = await opening(startFront(sandbox.url, { tls: pair }));
    await failsToLogIn(
      await start(front),
      /(SELF_SIGNED|UNABLE_TO)\w+\. .*authority that this machine does not know.*NODE_EXTRA_CA_CERTS/,
    );
  });

  test('that has expired', async () => {
    const ended = await expiredCertificate('localhost');
    await writeFile(path.join(folder, 'ended.pem'), ended.cert);
    const front = await opening(startFront(sandbox.url, { tls: ended }));
    await failsToLogIn(
      await start(front, { NODE_EXTRA_CA_CERTS: path.join(folder, 'ended.pem') }),
      /CERT_HAS_EXPIRED\. .*it has expired.*renew/,
    );
  });

  test('for another name', async () => {
    const other = await privateCa('elsewhere.example');
    await writeFile(path.join(folder, 'other.pem'), other.ca);
    const front = await opening(startFront(sandbox.url, { tls: other }));
    await failsToLogIn(
      await start(front, { NODE_EXTRA_CA_CERTS: path.join(folder, 'other.pem') }),
      /ERR_TLS_CERT_ALTNAME_INVALID\. .*another host name.*LD_BASE_URI/,
    );
  });

  test('and by bootstrap, which then leaves nothing behind', async () => {
    const front = await opening(startFront(sandbox.url, { tls: pair }));
    const envFile = path.join(folder, 'untrusted.env');
    const { code, stderr } = await bootstrap(envFile, { LD_BASE_URI: `https://localhost:${front.port}` });
    expect([code, stderr]).toEqual([
      1,
      expect.stringMatching(/authority that this machine does not know.*NODE_EXTRA_CA_CERTS/),
    ]);
    await expect(readFile(envFile)).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

async function opening<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  opened.push(started);
  return started;
}

/** Starts an app that reaches the sandbox through `front`; resolves to its redirect URI. */
async function start(front: Front, env: Record<string, string> = {}, host = 'localhost'): Promise<string> {
  const redirectUri = `https://localhost:${await freePort()}/auth/callback`;
  const settings = await registeredAt(sandbox, redirectUri);
  await startApp({ ...settings, LD_BASE_URI: `https://${host}:${front.port}`, ...env });
  return redirectUri;
}

async function startApp(env: Record<string, string>): Promise<ServerProcess> {
  const app = await opening(startServerProcess({ LOG_LEVEL: 'trace', LOG_FORMAT: 'json', ...env }));
  await listening(app);
  return app;
}

/** A login up to the page of projects. The browser itself goes to the sandbox straight: it is not what is tested. */
async function logIn(redirectUri: string) {
  const { origin } = new URL(redirectUri);
  const browser = new Browser();
  const away = await browser.request(`${origin}/auth/login?returnTo=/projects`);
  const { pathname, search } = new URL(away.location ?? '');
  const personas = await browser.visit(sandbox.url + pathname + search);
  const consent = await browser.press(personas, 'ariel.reader@acme.example');
  return browser.press(consent, 'Authorize');
}

async function failsToLogIn(redirectUri: string, words: RegExp): Promise<void> {
  const page = await logIn(redirectUri);
  expect([page.status, page.body]).toEqual([502, expect.stringContaining('provider_unreachable')]);
  const app = opened.at(-1) as ServerProcess;
  await app.prints(words);
  expect(app.stdout + page.body).not.toMatch(/REJECT_UNAUTHORIZED|disable/i);
  const code = new URL(page.url).searchParams.get('code') ?? 'none';
  expect(app.stdout + app.stderr).not.toContain(code);
}

async function bootstrap(envFile: string, env: Record<string, string>) {
  const script = [
    '--import',
    path.join(root, 'node_modules/tsx/dist/loader.mjs'),
    path.join(root, 'scripts/bootstrap.ts'),
  ];
  const child = spawn(process.execPath, [...script, '--', '--env-file', envFile, '--yes'], {
    cwd: folder,
    env: { PATH: process.env.PATH, LD_ACCESS_TOKEN: sandbox.adminToken, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const program = follow(child);
  const code = await program.ended;
  expect(program.stdout + program.stderr).not.toContain(sandbox.adminToken);
  return { code, stdout: program.stdout, stderr: program.stderr };
}
