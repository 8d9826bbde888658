import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRateLimit } from '../../src/web/rate-limit.ts';
import { Browser } from '../support/browser.ts';
import type { RawAnswer, RawConnection } from '../support/raw-http.ts';
import { connectRaw } from '../support/raw-http.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { redisServer } from '../support/redis-server.ts';
import type { TestApp } from '../support/test-app.ts';
import { authorize, startTestApp, storedSessions } from '../support/test-app.ts';

const perMinute = 5;

describe('too many logins from one address', () => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp({ env: { RATE_LIMIT: String(perMinute) } });
  });
  afterAll(() => app.close());

  test('are answered with 429, a page, and when to come back, whatever X-Forwarded-For says', async () => {
    const browser = new Browser();
    for (let n = 1; n <= perMinute; n++) {
      const headers = { 'x-forwarded-for': `203.0.113.${n}`, forwarded: `for=203.0.113.${n}` };
      const { status, headers: answered } = await browser.request(`${app.url}/auth/login`, { headers });
      expect(status).toBe(303);
      expect(answered.get('ratelimit')).toMatch(new RegExp(`^"login"; r=${perMinute - n}; t=\\d+$`));
      expect(answered.get('ratelimit-policy')).toMatch(/^"login"; q=5; w=60; pk=:[\w+/=]+:$/);
    }
    const headers = { 'x-forwarded-for': '203.0.113.99', 'x-real-ip': '203.0.113.99' };
    const page = await browser.request(`${app.url}/auth/login?returnTo=%2Faccount`, { headers });
    expect(page.status).toBe(429);
    expect(page.headers.get('ratelimit')).toMatch(/^"login"; r=0; t=\d+$/);
    expect(Number(page.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(Number(page.headers.get('retry-after'))).toBeLessThanOrEqual(60);
    expect(page.body).toContain('<code>rate_limited</code>');
    expect(page.body).toContain('/auth/login?returnTo=%2Faccount');
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  test('hold up the callback and logout as well, by name in JSON, and no other page', async () => {
    for (const [path, method] of [
      ['/auth/callback', 'GET'],
      ['/auth/logout', 'POST'],
    ] as const) {
      const headers = { accept: 'application/json' };
      const { status, body } = await new Browser().request(app.url + path, { method, headers });
      expect(status).toBe(429);
      expect(JSON.parse(body).error.code).toBe('rate_limited');
    }
    expect((await new Browser().request(app.url)).status).toBe(200);
    expect((await new Browser().request(`${app.url}/account`)).status).toBe(303);
  });
});

describe('behind one proxy, the address that the proxy saw is counted', () => {
  let app: TestApp;
  let connection: RawConnection;

  beforeAll(async () => {
    app = await startTestApp({ env: { TLS: 'proxy', HOST: '127.0.0.1', RATE_LIMIT: String(perMinute) } });
    connection = connectRaw(Number(new URL(app.url).port));
  });
  afterAll(async () => {
    connection.close();
    await app.close();
  });

  const logInFrom = (forwardedFor: string): Promise<RawAnswer> =>
    connection.request('/auth/login', ['Host: localhost', `X-Forwarded-For: ${forwardedFor}`]);

  async function exhaust(forwardedFor: (n: number) => string): Promise<void> {
    for (let n = 0; n < perMinute; n++) expect((await logInFrom(forwardedFor(n))).status).toBe(303);
  }

  test('so others are not held up', async () => {
    await exhaust(() => '198.51.100.1');
    expect((await logInFrom('198.51.100.1')).status).toBe(429);
    expect((await logInFrom('198.51.100.2')).status).toBe(303);
  });

  test('and what a visitor puts before it in X-Forwarded-For does not help', async () => {
    await exhaust((n) => `10.0.0.${n}, 198.51.100.3`);
    expect((await logInFrom('10.0.0.77, 198.51.100.3')).status).toBe(429);
  });

  test('and a whole IPv6 /56 counts as one', async () => {
    await exhaust((n) => `2001:db8:1:2${n}::1`);
    expect((await logInFrom('2001:db8:1:ff:ffff:ffff:ffff:ffff')).status).toBe(429);
    expect((await logInFrom('2001:db8:1:100::1')).status).toBe(303);
  });

  test('without the port that some proxies add', async () => {
    await exhaust((n) => `203.0.113.8:${40_000 + n}`);
    expect((await logInFrom('203.0.113.8')).status).toBe(429);
    expect((await logInFrom('203.0.113.9:40001')).status).toBe(303);
  });

  test('also of IPv6', async () => {
    await exhaust((n) => `[2001:db8:7::${n}]:${40_000 + n}`);
    expect((await logInFrom('[2001:db8:7::1]')).status).toBe(429);
    expect((await logInFrom('"[2001:db8:7::1]:1"')).status).toBe(429);
    expect((await logInFrom('2001:db8:7::2')).status).toBe(429);
    expect((await logInFrom('[2001:db8:8::1]:40001')).status).toBe(303);
  });

  test('and all that is no address counts as one', async () => {
    await exhaust((n) => `_hidden${n}`);
    for (const nonsense of ['unknown', '_other', '203.0.113.300', '203.0.113.300:1', '[x]:1', '1.2.3'])
      expect((await logInFrom(nonsense)).status).toBe(429);
  });
});

test('a flood of login starts leaves nothing in the session store, and at most five attempts in a browser', async () => {
  const app = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
  try {
    const browser = new Browser();
    for (let n = 0; n < 100; n++) await browser.request(`${app.url}/auth/login?returnTo=/${n}`);
    expect([...browser.cookies(app.url).keys()].every((name) => name.startsWith('__Host-login-'))).toBe(true);
    expect(browser.cookies(app.url).size).toBe(5);
    expect(await storedSessions(app)).toBe(0);
  } finally {
    await app.close();
  }
});

test('five attempts take 2 KB of cookies at most, however long their returnTo is', async () => {
  const app = await startTestApp();
  try {
    const browser = new Browser();
    const returnTo = `/${'a'.repeat(999)}`;
    for (let n = 0; n < 8; n++) await authorize(app, { browser, returnTo });
    expect(browser.cookieHeader(app.url).length).toBeLessThan(2_000);
    const { callback } = await authorize(app, { browser, returnTo });
    expect((await browser.request(callback.href)).location).toBe(app.url + returnTo);
  } finally {
    await app.close();
  }
});

const redis = await redisServer();

if (redis) {
  const server: RedisServer = redis;
  afterAll(() => server.stop());

  describe('instances that share a Redis', () => {
    test('count together; and let logins through while it is unavailable', async () => {
      const first = await startTestApp({ env: { RATE_LIMIT: '5', SESSION_STORE: server.url } });
      const second = await startTestApp({ env: { RATE_LIMIT: '5', SESSION_STORE: server.url } });
      try {
        const logIn = (app: TestApp) => new Browser().request(`${app.url}/auth/login`);
        for (const app of [first, second, first, second, first]) expect((await logIn(app)).status).toBe(303);
        expect((await logIn(first)).status).toBe(429);
        expect((await logIn(second)).status).toBe(429);
        await server.kill();
        expect((await logIn(first)).status).not.toBe(429);
        expect((await new Browser().request(`${second.url}/healthz`)).status).toBe(200);
      } finally {
        await first.close();
        await second.close();
      }
    });
  });
}

test('a request whose client has hung up before it is counted causes no failure', async () => {
  const logger = { info() {}, error() {} };
  const { middleware } = createRateLimit({ paths: ['/x'], perMinute: 1, logger });
  const answers: unknown[] = [];
  for (let n = 0; n < 2; n++) {
    const req = { path: '/x', query: {}, headers: {} } as never;
    const res = { setHeader: () => {}, append: () => {}, on: () => {} } as never;
    await new Promise<void>((resolve) => {
      middleware(req, res, (error?: unknown) => {
        answers.push((error as { code?: unknown } | undefined)?.code);
        resolve();
      });
    });
  }
  expect(answers).toEqual([undefined, 'rate_limited']);
});
