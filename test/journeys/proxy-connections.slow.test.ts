import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { Agent, request } from 'undici';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { selfSigned } from '../support/certificates.ts';
import { startFlakyProxy } from '../support/flaky-proxy.ts';
import type { ProxyPorts, ReverseProxy } from '../support/reverse-proxies.ts';
import { freePorts, haproxy, nginx, startReverseProxy } from '../support/reverse-proxies.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';
import { ariel, authorize, whoAmI } from '../support/test-app.ts';
import { describeWith } from '../support/when-installed.ts';

jest.setTimeout(90_000);

let pair: { key: string; cert: string };
let sandbox: Sandbox;

beforeAll(async () => {
  pair = await selfSigned('localhost');
  sandbox = await startSandbox({ port: 0 });
});
afterAll(() => sandbox.close());

interface Arrangement {
  readonly env?: Record<string, string>;
  readonly ports?: ProxyPorts;
  /** Changes the proxy's configuration. */
  readonly edit?: (config: string) => string;
}

/** The app behind a proxy, set up as in docs/deploy. */
async function start(executable: string, proxy: ReverseProxy, { env = {}, ports, edit }: Arrangement = {}) {
  const { https, http, app: port } = ports ?? (await freePorts());
  const url = `https://localhost:${https}`;
  const app = await startServerProcess({
    ...(await registeredAt(sandbox, `${url}/auth/callback`)),
    ...{ TLS: 'proxy', HOST: '127.0.0.1', PORT: String(port), RATE_LIMIT: '1000000', ...env },
  });
  await listening(app);
  const stop = await startReverseProxy(executable, proxy, { https, http, app: port }, pair, edit);
  return {
    url,
    app,
    async close() {
      await stop();
      await app.close();
    },
  };
}

/**
 * Visitors who each send requests that change something, which no proxy repeats, and wait between them for as long as
 * `waitMs` says. Counts the statuses of all answers.
 */
async function statuses(url: string, visitors: number, requests: number, waitMs: () => number) {
  const counts: Record<string, number> = {};
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false }, connections: visitors });
  const visit = async () => {
    for (let sent = 0; sent < requests; sent++) {
      if (sent > 0) await pause(waitMs());
      const headers = { origin: url, accept: 'text/html' };
      const status = await request(`${url}/auth/logout`, { method: 'POST', headers, dispatcher }).then(
        ({ statusCode, body }) => body.dump().then(() => statusCode),
        () => 'cut' as const, // HAProxy closes the visitor's connection
      );
      counts[status] = (counts[status] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: visitors }, visit));
  await dispatcher.close();
  return counts;
}

const between = (from: number, to: number) => () => from + Math.random() * (to - from);

describe.each([nginx, haproxy])('behind $program', (proxy) => {
  describeWith(proxy.program, proxy.packageName, `set up as in docs/deploy/${proxy.example}`, (executable) => {
    test('500 requests, each 4.9 to 5.1 s after the last, meet no connection that is being closed', async () => {
      const site = await start(executable, proxy);
      try {
        expect(await statuses(site.url, 100, 5, between(4_900, 5_100))).toEqual({ 303: 500 });
      } finally {
        await site.close();
      }
    });

    test('nor do 1,000 requests around the moment when the proxy itself closes its idle connections', async () => {
      const edit = (config: string) =>
        config
          .replace('keepalive_timeout 60s', 'keepalive_timeout 1s')
          .replace(' check inter', ' pool-purge-delay 1s check inter');
      const site = await start(executable, proxy, { env: { KEEP_ALIVE: '3s' }, edit });
      try {
        expect(await statuses(site.url, 100, 10, between(950, 1_050))).toEqual({ 303: 1_000 });
      } finally {
        await site.close();
      }
    });

    test('a callback that the proxy sends again is one login, for which the code is redeemed once', async () => {
      const site = await startRetrying(executable, proxy);
      try {
        const { browser, callback } = await authorize(site, { returnTo: '/account' });
        const redeemed = sandbox.ledger().filter(({ endpoint }) => endpoint === 'token').length;
        site.flaky.fail(/^GET \/auth\/callback/, { acts: true, answer: 'reset' });
        const page = await browser.visit(callback.href);
        expect([page.status, page.url]).toEqual([200, `${site.url}/account`]);
        expect(await whoAmI(site, browser)).toEqual({ status: 200, email: ariel.email });
        await pause(100); // the log line of a request comes after its answer
        expect(site.app.stdout.split('"path":"/auth/callback"').length - 1).toBe(2);
        expect(site.app.stdout.split('"event":"login_succeeded"').length - 1).toBe(1);
        expect(sandbox.ledger().filter(({ endpoint }) => endpoint === 'token').length - redeemed).toBe(1);
      } finally {
        await site.close();
      }
    });
  });
});

/**
 * A proxy that does what docs/deploy advises against: it sends what failed to another server. Both servers lead to one
 * app, the first through something that can break the connection after the app has acted.
 */
async function startRetrying(executable: string, proxy: ReverseProxy) {
  const ports = await freePorts();
  const flaky = await startFlakyProxy(`http://127.0.0.1:${ports.app}`);
  const edit = (config: string) =>
    config
      .replace(/server 127\.0\.0\.1:\d+;/, `server 127.0.0.1:${flaky.port}; server 127.0.0.1:${ports.app} backup;`)
      .replace('proxy_next_upstream off', 'proxy_next_upstream error timeout')
      .replace(
        /(server app)1 127\.0\.0\.1:\d+( .*)/,
        `$11 127.0.0.1:${flaky.port}$2\n  $12 127.0.0.1:${ports.app}$2 backup`,
      )
      .replace('retry-on conn-failure', 'retry-on all-retryable-errors');
  const site = await start(executable, proxy, { ports, edit });
  return {
    ...site,
    flaky,
    async close() {
      await site.close();
      await flaky.close();
    },
  };
}
