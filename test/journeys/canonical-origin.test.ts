import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import { parseRedirectUri } from '../../src/config/redirect-uri.ts';
import { canonicalOrigin } from '../../src/web/security.ts';
import { Browser } from '../support/browser.ts';
import type { RawConnection } from '../support/raw-http.ts';
import { connectRaw } from '../support/raw-http.ts';
import type { TappedApp } from '../support/tapped-app.ts';
import { paths, startTappedApp } from '../support/tapped-app.ts';
import { ariel, authorize } from '../support/test-app.ts';

describe('an app that ends TLS itself', () => {
  let app: TappedApp;

  beforeAll(async () => {
    app = await startTappedApp();
  });
  afterAll(() => app.close());

  test.each(['127.0.0.1', '[::1]'])(
    'redirects a visitor of %s to its registered name before a login begins',
    async (host) => {
      const browser = new Browser();
      const elsewhere = app.url.replace('localhost', host);
      const page = await browser.request(`${elsewhere}/auth/login?returnTo=%2Faccount%3Fa%3D1`);
      expect(page.status).toBe(308);
      expect(page.location).toBe(`${app.url}/auth/login?returnTo=%2Faccount%3Fa%3D1`);
      expect([...browser.cookies(elsewhere).keys()].filter((name) => !name.includes('redirects'))).toEqual([]);
      expect(page.headers.get('cache-control')).toBe('no-store');
    },
  );

  test('logs in a user who began at 127.0.0.1', async () => {
    const browser = new Browser();
    const personas = await browser.visit(`${app.url.replace('localhost', '127.0.0.1')}/account`);
    const page = await browser.press(await browser.press(personas, ariel.email), 'Authorize');
    expect(page.url).toBe(`${app.url}/account`);
    expect(page.body).toContain(ariel.email);
  });

  test.each([
    { host: 'evil.example' },
    { host: 'localhost.evil.example' },
    { host: 'localhost:1' },
    { 'x-forwarded-host': 'evil.example' },
    { 'x-forwarded-proto': 'http' },
    { 'x-forwarded-port': '1' },
    { forwarded: 'host=evil.example;proto=http' },
    { 'x-original-url': '//evil.example/' },
    { 'x-rewrite-url': '//evil.example/' },
  ])('sends nobody anywhere else for %j', async (headers: Record<string, string>) => {
    const { location, body } = await new Browser().request(`${app.url}/auth/login`, { headers });
    expect([app.url, app.tap.url]).toContain(new URL(location ?? '').origin);
    expect(`${location}${body}`).not.toContain('evil.example');
    if (!('host' in headers)) expectOurRedirectUri(location);
  });

  test('redeems a code with its registered redirect URI, whatever the headers of the callback say', async () => {
    const { browser, callback } = await authorize(app);
    const forged = {
      'x-forwarded-host': 'evil.example',
      'x-forwarded-proto': 'http',
      forwarded: 'host=evil',
    };
    const page = await browser.request(callback.href, { headers: forged });
    expect(page.status).toBe(303);
    const redeemed = app.tap.exchanges.filter(({ path }) => path === paths.token).at(-1);
    expect(new URLSearchParams(redeemed?.body).get('redirect_uri')).toBe(`${app.url}/auth/callback`);
  });

  function expectOurRedirectUri(location = ''): void {
    expect(new URL(location).searchParams.get('redirect_uri')).toBe(`${app.url}/auth/callback`);
  }
});

describe('an app that is reached at the default port of its scheme', () => {
  /** Only the origin counts here: the app listens elsewhere. */
  async function hostAnswer(redirectUri: string, host: string): Promise<string> {
    const app = express();
    app.use(
      canonicalOrigin(parseRedirectUri(redirectUri), { behindProxy: false, logger: { warn() {} } }),
      (_req, res) => res.end('served'),
    );
    const server = app.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const connection = connectRaw(port);
    const { status, head } = await connection.request('/account?a=1', [`Host: ${host}`]);
    connection.close();
    server.close();
    return status === 200 ? 'served' : (/^Location: ([^\r]*)/im.exec(head)?.[1] ?? String(status));
  }

  test.each([
    ['https://app.example.com/cb', 'app.example.com'],
    ['https://app.example.com/cb', 'app.example.com:443'],
    ['https://app.example.com/cb', 'APP.Example.COM:443'],
    ['http://localhost/cb', 'localhost:80'],
    ['http://localhost/cb', 'LOCALHOST'],
    ['http://[::1]/cb', '[::1]:80'],
    ['https://localhost:3000/cb', 'LocalHost:3000'],
  ])('%s serves Host: %s', async (redirectUri, host) => {
    expect(await hostAnswer(redirectUri, host)).toBe('served');
  });

  test.each([
    ['https://app.example.com/cb', 'app.example.com:80'],
    ['https://app.example.com/cb', 'app.example.com.'],
    ['https://app.example.com/cb', 'app.example.com:8443'],
    ['https://app.example.com/cb', 'evil.example'],
    ['http://localhost/cb', 'localhost:443'],
    ['https://localhost:3000/cb', 'localhost'],
    ['https://localhost:3000/cb', 'localhost:443'],
  ])('%s redirects Host: %s, once', async (redirectUri, host) => {
    const location = await hostAnswer(redirectUri, host);
    expect(location).toBe(`${new URL(redirectUri).origin}/account?a=1`);
    expect(await hostAnswer(redirectUri, new URL(location).host)).toBe('served');
  });
});

describe('an app behind a proxy that ends TLS', () => {
  let app: TappedApp;
  let connection: RawConnection;

  beforeAll(async () => {
    app = await startTappedApp({ env: { TLS: 'proxy', HOST: '127.0.0.1' } });
    connection = connectRaw(Number(new URL(app.url).port));
  });
  afterAll(async () => {
    connection.close();
    await app.close();
  });

  test('sends plain http to https, as the proxy reports it', async () => {
    const { status, head } = await connection.request('/account?a=1', ['Host: localhost', 'X-Forwarded-Proto: http']);
    expect(status).toBe(308);
    expect(head).toContain(`Location: ${app.url}/account?a=1\r\n`);
  });

  test.each(['HTTP', 'http, https', ' http'])('understands X-Forwarded-Proto: %s', async (proto) => {
    const { status } = await connection.request('/account', ['Host: localhost', `X-Forwarded-Proto: ${proto}`]);
    expect(status).toBe(308);
  });

  /** What a browser meets whose requests are all said to have come by plain http. */
  async function visitMislabelled(path: string, accept = 'text/html') {
    let cookie = '';
    const statuses: number[] = [];
    for (let hop = 0; hop < 8; hop++) {
      const headers = ['Host: localhost', 'X-Forwarded-Proto: http', `Accept: ${accept}`, `Cookie: ${cookie}`];
      const { status, head, body } = await connection.request(path, headers);
      statuses.push(status);
      cookie = /^Set-Cookie: ([^;]*)/im.exec(head)?.[1] ?? cookie;
      if (status !== 308) return { statuses, head, body };
    }
    return { statuses, head: '', body: '' };
  }

  test('stops after three redirects to itself, and explains what is wrong; the log says it once', async () => {
    for (let visit = 0; visit < 2; visit++) {
      const { statuses, head, body } = await visitMislabelled('/account?a=1');
      expect(statuses).toEqual([308, 308, 308, 500]);
      expect(body).toContain('redirect_loop');
      expect(head).toMatch(/^Cache-Control: no-store\r/m);
    }
    expect(JSON.parse((await visitMislabelled('/api/me', '*/*')).body).error.code).toBe('redirect_loop');
    const warnings = app.log().filter(({ event }) => event === 'redirect_loop');
    expect(warnings).toEqual([expect.objectContaining({ msg: expect.stringContaining('X-Forwarded-Proto') })]);
  });

  test('counts in a cookie that lasts for seconds and is never sent over plain http', async () => {
    const { head } = await connection.request('/', ['Host: localhost', 'X-Forwarded-Proto: http']);
    expect(head).toMatch(
      /^Set-Cookie: __Host-redirects-\w+=1; Max-Age=10; Path=\/; [^\r]*HttpOnly; Secure; SameSite=Lax\r/m,
    );
  });

  test('sends only absolute paths of its own anywhere, whatever the request line holds', async () => {
    for (const target of ['//evil.example/', 'http://evil.example/x', '/\\evil.example', '/.//evil.example', '*']) {
      const { status, head } = await connection.request(target, ['Host: localhost', 'X-Forwarded-Proto: http']);
      expect([308, 400, 404]).toContain(status);
      const [, location] = /^Location: ([^\r]*)/im.exec(head) ?? [];
      if (location !== undefined) expect(new URL(location).origin).toBe(app.url);
    }
  });

  test.each([
    ['a proxy that says nothing', []],
    ['a forged X-Forwarded-Host', ['X-Forwarded-Host: evil.example', 'X-Forwarded-Proto: https']],
    ['another Host', ['X-Forwarded-Proto: https']],
  ])('begins the same login with %s: Secure cookies, the registered redirect URI', async (_how, headers) => {
    const { status, head } = await connection.request('/auth/login', ['Host: upstream:3000', ...headers]);
    expect(status).toBe(303);
    const [, location = ''] = /^Location: ([^\r]*)/im.exec(head) ?? [];
    expect(new URL(location).searchParams.get('redirect_uri')).toBe(`${app.url}/auth/callback`);
    expect(head).toMatch(/^Set-Cookie: __Host-login-[^\r]*; Secure; SameSite=Lax\r/m);
  });
});
