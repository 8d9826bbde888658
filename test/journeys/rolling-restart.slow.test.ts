import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, get } from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { selfSigned } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { freePorts, haproxy, nginx, startReverseProxy } from '../support/reverse-proxies.ts';
import { registeredAt, startServerProcess } from '../support/server-process.ts';
import { beforeDeadline, until } from '../support/until.ts';
import { describeWith } from '../support/when-installed.ts';

const opened: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of opened.splice(0).reverse()) await close();
});

describe.each([nginx, haproxy])('two instances behind $program', (proxy) => {
  describeWith(proxy.program, proxy.packageName, 'with one session store', (executable) => {
    test('one of them is told to stop under load: no member notices', async () => {
      const ports = await freePorts();
      const second = await freePort();
      const url = `https://localhost:${ports.https}`;
      const sandbox = await startSandbox({ port: 0 });
      opened.push(() => sandbox.close());
      const env = await shared(await registeredAt(sandbox, `${url}/auth/callback`));
      const [stopping] = await Promise.all([ports.app, second].map((port) => start(env, port)));
      const alsoSecond = (config: string) =>
        config.replace(/^(\s*server (?:app1 )?)127\.0\.0\.1:\d+(.*)$/m, (line, before: string, after: string) =>
          [line, `${before.replace('app1', 'app2')}127.0.0.1:${second}${after}`].join('\n'),
        );
      opened.push(await startReverseProxy(executable, proxy, ports, await selfSigned('localhost'), alsoSecond));
      const headers = { cookie: (await logIn(url)).cookieHeader(url) };

      const agent = new Agent({ keepAlive: true, maxSockets: 8, rejectUnauthorized: false });
      const statuses: number[] = [];
      const started = performance.now();
      const done = () => statuses.length >= 500 || performance.now() - started > 60_000;
      const member = async () => {
        while (!done()) {
          const [answer] = (await once(get(`${url}/account`, { headers, agent }), 'response')) as [IncomingMessage];
          for await (const _ of answer);
          statuses.push(answer.statusCode ?? 0);
          if (statuses.length === 100) stopping?.child.kill('SIGTERM');
        }
      };
      await beforeDeadline(60_000, 'for 500 answers', () => Promise.all(Array.from({ length: 8 }, member)));
      agent.destroy();
      expect(await stopping?.ended).toBe(0);
      expect(statuses.filter((status) => status !== 200)).toEqual([]);
      expect(statuses.length).toBeGreaterThanOrEqual(500);
    }, 90_000);
  });
});

async function shared(settings: Record<string, string>): Promise<Record<string, string>> {
  const folder = await mkdtemp(path.join(tmpdir(), 'rolling-'));
  opened.push(() => rm(folder, { recursive: true, force: true }));
  return { ...settings, SESSION_STORE: `file:${path.join(folder, 'sessions.db')}`, RATE_LIMIT: '100000' };
}

async function start(env: Record<string, string>, port: number) {
  const app = await startServerProcess({
    ...env,
    TLS: 'proxy',
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'warn',
  });
  opened.push(() => app.close());
  await until(async () => (await statusOf(`http://127.0.0.1:${port}/readyz`)) === 200);
  return app;
}

/** The status of a GET, 0 when there is no answer. */
async function statusOf(url: string): Promise<number> {
  return (await new Browser().request(url).catch(() => ({ status: 0 }))).status;
}

async function logIn(url: string): Promise<Browser> {
  const browser = new Browser();
  await until(async () => (await statusOf(`${url}/healthz`)) === 200);
  const personas = await browser.visit(`${url}/auth/login`);
  const consent = await browser.press(personas, 'ariel.reader@acme.example');
  expect((await browser.press(consent, 'Authorize')).status).toBe(200);
  return browser;
}
