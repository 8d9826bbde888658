import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { freePort } from '../support/free-port.ts';
import { startFront } from '../support/launchdarkly-front.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';
import { beforeDeadline } from '../support/until.ts';

const opened: { close(): Promise<void> }[] = [];
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
});

afterEach(async () => {
  for (const one of opened.splice(0).reverse()) await one.close();
});

afterAll(() => sandbox.close());

describe('SIGTERM', () => {
  test('under the load of logged-in members loses no request that was accepted', async () => {
    const { app, url } = await start();
    const { browser } = await logIn(url);
    const headers = { cookie: browser.cookieHeader(url) };
    const agent = new Agent({ keepAlive: true, maxSockets: 12, rejectUnauthorized: false });
    const lost: unknown[] = [];
    let answered = 0;
    const member = async () => {
      while (answered < 100_000) {
        try {
          const { status } = await ask(`${url}/account`, { headers, agent });
          if (status !== 200) return void lost.push(status);
        } catch (error) {
          if ((error as NodeJS.ErrnoException).code !== 'ECONNREFUSED') lost.push(error);
          return;
        }
        answered += 1;
        if (answered === 150) app.child.kill('SIGTERM');
      }
    };
    await beforeDeadline(60_000, 'for the process to stop', () => Promise.all(Array.from({ length: 12 }, member)));
    expect(await app.ended).toBe(0);
    expect(lost).toEqual([]);
    expect(answered).toBeGreaterThan(150);
    agent.destroy();
  });

  test('while LaunchDarkly keeps a login waiting turns readiness false, gives that person a page, and ends the process within 10 s with 0', async () => {
    const front = await opening(startFront(sandbox.url));
    const { app, url } = await start({ LD_BASE_URI: `http://127.0.0.1:${front.port}` });
    const { browser, callback } = await authorize(url);
    const stuck = front.freeze();
    const waiting = browser.request(callback).then(
      ({ status }) => status,
      () => 'cut',
    );
    await stuck;
    const agent = new Agent({ keepAlive: true, rejectUnauthorized: false });
    expect((await ask(`${url}/readyz`, { agent })).status).toBe(200);
    const before = performance.now();
    app.child.kill('SIGTERM');
    await app.prints(/"event":"stopping"/);
    expect((await ask(`${url}/readyz`, { agent })).status).toBe(503);
    expect(await app.ended).toBe(0);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(await waiting).toBe(504);
    expect(app.stdout).not.toContain('"event":"requests_cut"');
    agent.destroy();
  }, 40_000);

  test('keeps the sessions for the next start', async () => {
    const { app, url, env } = await start({ SESSION_STORE: `file:${await freshFile()}` });
    const { browser } = await logIn(url);
    app.child.kill('SIGTERM');
    expect(await app.ended).toBe(0);
    const next = await opening(startServerProcess(env));
    await listening(next);
    expect((await browser.request(`${url}/api/me`, { headers: { accept: 'application/json' } })).status).toBe(200);
  });
});

test('Ctrl-C ends an idle app at once, with 0', async () => {
  const { app } = await start();
  const before = performance.now();
  app.child.kill('SIGINT');
  expect(await app.ended).toBe(0);
  expect(performance.now() - before).toBeLessThan(2000);
});

async function opening<T extends { close(): Promise<void> }>(starting: Promise<T>): Promise<T> {
  const started = await starting;
  opened.push(started);
  return started;
}

async function freshFile(): Promise<string> {
  const folder = await mkdtemp(path.join(tmpdir(), 'kept-'));
  opened.push({ close: () => rm(folder, { recursive: true }) });
  return path.join(folder, 'sessions.db');
}

async function start(
  more: Record<string, string> = {},
): Promise<{ app: ServerProcess; url: string; env: Record<string, string> }> {
  const url = `https://localhost:${await freePort()}`;
  const settings = await registeredAt(sandbox, `${url}/auth/callback`);
  const env = { ...settings, RATE_LIMIT: '100000', ...more };
  const app = await opening(startServerProcess(env));
  await listening(app);
  return { app, url, env };
}

/** As far as LaunchDarkly's answer; the callback is not followed. The browser goes to the sandbox straight. */
async function authorize(url: string) {
  const browser = new Browser();
  const away = await browser.request(`${url}/auth/login?returnTo=/account`);
  const { pathname, search } = new URL(away.location ?? '');
  const personas = await browser.visit(sandbox.url + pathname + search);
  const consent = await browser.press(personas, 'ariel.reader@acme.example');
  const answer = await browser.submit(consent, 'Authorize');
  return { browser, callback: answer.location ?? '' };
}

async function logIn(url: string) {
  const { browser, callback } = await authorize(url);
  expect((await browser.visit(callback)).status).toBe(200);
  return { browser };
}

async function ask(url: string, options: { agent: Agent; headers?: Record<string, string> }) {
  const [response] = (await once(get(url, options), 'response')) as [IncomingMessage];
  for await (const _ of response);
  return { status: response.statusCode };
}
