import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { publicAddress } from '../../scripts/doctor/address-checks.ts';
import type { Setup } from '../../scripts/doctor/check.ts';
import { checkAppConfig } from '../../src/config/config.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Page } from '../support/browser.ts';
import { Browser } from '../support/browser.ts';
import { selfSigned } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import type { ProxyPorts } from '../support/reverse-proxies.ts';
import { caddy, freePorts, haproxy, nginx, startReverseProxy } from '../support/reverse-proxies.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';
import { until } from '../support/until.ts';
import { describeWith } from '../support/when-installed.ts';

const ariel = 'ariel.reader@acme.example';
let pair: { key: string; cert: string };
let sandbox: Sandbox;

beforeAll(async () => {
  pair = await selfSigned('localhost');
  sandbox = await startSandbox({ port: 0 });
});

afterAll(() => sandbox.close());

describe.each([nginx, haproxy, caddy])('behind $program', (proxy) => {
  describeWith(proxy.program, proxy.packageName, `set up as in docs/deploy/${proxy.example}`, (executable) => {
    let ports: ProxyPorts;
    let url: string;
    let app: Awaited<ReturnType<typeof startApp>>;
    let stopProxy: () => Promise<void>;

    beforeAll(async () => {
      ports = await freePorts();
      url = `https://localhost:${ports.https}`;
      app = await startApp(ports);
      stopProxy = await startReverseProxy(executable, proxy, ports, pair);
      await until(async () => (await new Browser().request(`${url}/healthz`)).status === 200); // its own health check has passed
    });

    afterAll(async () => {
      await stopProxy?.();
      await app?.close();
    });

    test('a login ends where it was going, with a Secure cookie', async () => {
      const { browser, page } = await logIn(url, '/account?tab=roles');
      expect([page.status, page.url]).toEqual([200, `${url}/account?tab=roles`]);
      const callback = browser.history.find((one) => one.url.includes('/sign/in/callback'));
      expect(callback?.status).toBe(303);
      const cookies = browser.history
        .flatMap(({ headers }) => headers.getSetCookie())
        .filter((line) => !line.includes('127.0.0.1'));
      const own = cookies.filter((line) => line.startsWith('__Host-'));
      expect(own.length).toBeGreaterThan(1);
      for (const line of own) expect(line).toMatch(/; Secure/);
      expect((await browser.request(`${url}/api/me`, json)).status).toBe(200);
      expect((await browser.press(page, 'Log out')).status).toBe(200);
      expect((await browser.request(`${url}/api/me`, json)).status).toBe(401);
    });

    test('plain http is redirected to the same page of the https origin', async () => {
      const answer = await new Browser().request(`http://localhost:${ports.http}/account?tab=roles`);
      expect([answer.status, answer.location]).toEqual([308, `${url}/account?tab=roles`]);
      expect(answer.headers.getSetCookie()).toEqual([]);
    });

    // Caddy has no certificate for other names.
    const testUnlessCaddy = proxy === caddy ? () => {} : test;
    testUnlessCaddy(
      'another name of the site leads to the same page under its public name, before a login begins',
      async () => {
        const headers = { host: 'www.example.com' }; // fetch would send its own
        const asked = httpsRequest(`${url}/auth/login?returnTo=%2Faccount`, {
          headers,
          rejectUnauthorized: false,
        }).end();
        const [answer] = (await once(asked, 'response')) as [IncomingMessage];
        answer.resume();
        expect([answer.statusCode, answer.headers.location]).toEqual([308, `${url}/auth/login?returnTo=%2Faccount`]);
        expect(answer.headers['set-cookie']).toBeUndefined();
      },
    );

    test('forged X-Forwarded-* change nothing', async () => {
      for (const path of ['/', '/account', '/auth/login', '/nowhere', '//evil.example/x']) {
        const honest = await new Browser().request(url + path);
        const forged = await new Browser().request(url + path, { headers: forgery });
        expect(shape(forged)).toEqual(shape(honest));
        expect(forged.body).not.toMatch(/(href|action|src)="[^"]*evil/);
      }
    });

    test('a forged Host reaches no link, no redirect and no cookie', async () => {
      const forged = { host: 'evil.example' };
      const answer = await new Browser().request(`${url}/auth/login`, { headers: forged });
      if (answer.status === 303 || answer.status === 302) {
        expect(new URL(answer.location ?? '').searchParams.get('redirect_uri')).toBe(`${url}/sign/in/callback`);
      }
      expect(JSON.stringify([...answer.headers]) + answer.body).not.toContain('evil.example');
      expect(answer.status).toBeLessThan(500);
    });

    test('large cookies of neighbours come through, and too large ones are the visitor’s mistake', async () => {
      const { browser } = await logIn(url, '/');
      const cookie = (size: number) => `${browser.cookieHeader(url)}; neighbour=${'x'.repeat(size)}`;
      const large = await browser.request(`${url}/api/me`, {
        headers: { ...json.headers, cookie: cookie(7_000) },
      });
      expect(large.status).toBe(200);
      const tooLarge = await browser
        .request(`${url}/api/me`, { headers: { ...json.headers, cookie: cookie(60_000) } })
        .catch(() => ({ status: 431 }));
      expect(tooLarge.status).toBeGreaterThanOrEqual(400);
      expect(tooLarge.status).toBeLessThan(500);
    });

    test('the proxy’s request id is in the answer and in the log, also when the visitor sends one', async () => {
      const answer = await new Browser().request(`${url}/account`, {
        headers: { 'x-request-id': 'visitors-own' },
      });
      const id = answer.headers.get('x-request-id') ?? '';
      expect(id).toMatch(/^[0-9a-f-]{32,36}$/);
      await app.prints(new RegExp(`"event":"request".*"path":"/account".*"requestId":"${id}"`));
    });

    test('nothing that belongs in no log is in it, and nothing was left out of it', async () => {
      const { browser } = await logIn(url, '/projects');
      const codes = browser.history.flatMap(({ url: seen }) =>
        [...new URL(seen).searchParams]
          .filter(([name]) => name === 'code' || name === 'state')
          .map(([, value]) => value),
      );
      const cookies = browser
        .cookieHeader(url)
        .split('; ')
        .map((one) => one.slice(one.indexOf('=') + 1));
      expect(codes.length).toBeGreaterThan(0);
      await app.prints(/"path":"\/projects","status":200/);
      for (const secret of [
        ...codes,
        ...cookies,
        app.settings.LD_OAUTH_CLIENT_SECRET ?? '',
        app.settings.SESSION_SECRET ?? '',
        '?code=',
        'Bearer ',
      ]) {
        expect(app.stdout + app.stderr).not.toContain(secret);
      }
      expect(app.stdout).not.toContain('"omitted"');
      expect(app.stdout).not.toMatch(/proxy_not_trusted|proxy_says_no_scheme/);
    });
  });
});

describe('a proxy that is not set up as it should be', () => {
  describeWith('nginx', 'nginx', 'nginx', (executable) => {
    const opened: (() => Promise<void>)[] = [];
    afterEach(async () => {
      for (const close of opened.splice(0).reverse()) await close();
    });

    test('without X-Forwarded-Proto a login still works with Secure cookies, and the log says what is missing', async () => {
      const { url, app } = await start({}, (config) => config.replace(/.*X-Forwarded-Proto.*\n/, ''));
      const { browser, page } = await logIn(url, '/account');
      expect([page.status, page.url]).toEqual([200, `${url}/account`]);
      expect([...browser.cookies(url).values()].every(({ secure }) => secure)).toBe(true);
      await app.prints(/"event":"proxy_says_no_scheme".*X-Forwarded-Proto.*TRUST_PROXY/);
      expect(app.stdout.split('proxy_says_no_scheme')).toHaveLength(2);
    });

    test('that TRUST_PROXY does not cover is named in the log, and its claims are not believed', async () => {
      const { url, app, ports } = await start({ TRUST_PROXY: '192.0.2.1' }, (config) =>
        config.replace(
          /return 308 .*;/,
          'location / { proxy_pass http://app; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto http; }',
        ),
      );
      expect((await logIn(url, '/account')).page.status).toBe(200);
      await app.prints(/"event":"proxy_not_trusted".*Set TRUST_PROXY=1/);
      expect((await new Browser().request(`http://localhost:${ports.http}/`)).status).toBe(200);
    });

    test('that says http of an https request is stopped after three redirects, and the doctor sees it', async () => {
      const { url, app } = await start({}, (config) =>
        config.replace('X-Forwarded-Proto $scheme', 'X-Forwarded-Proto http'),
      );
      const browser = new Browser();
      const page = await browser.visit(`${url}/account`);
      expect(browser.history.map(({ status }) => status)).toEqual([308, 308, 308, 500]);
      expect(page.body).toContain('redirect_loop');
      await app.prints(/"event":"redirect_loop".*X-Forwarded-Proto/);
      const { config } = checkAppConfig({ env: { ...app.settings, TLS: 'proxy' }, envFile: null });
      expect(await publicAddress.run({ config } as Setup)).toMatchObject({
        status: 'failed',
        fix: expect.stringContaining('X-Forwarded-Proto'),
      });
    });

    test('that passes plain http on is answered with a redirect by the app itself', async () => {
      const { url, ports } = await start({}, (config) =>
        config.replace(
          /return 308 .*;/,
          'location / { proxy_pass http://app; proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Forwarded-Proto http; }',
        ),
      );
      const answer = await new Browser().request(`http://localhost:${ports.http}/account?a=1`);
      expect([answer.status, answer.location]).toEqual([308, `${url}/account?a=1`]);
    });

    test('visitors cannot evade the rate limit by naming other addresses', async () => {
      const { url } = await start({ RATE_LIMIT: '10' });
      const statuses = [];
      for (let n = 1; n <= 14; n++) {
        const headers = {
          'x-forwarded-for': `198.51.100.${n}`,
          forwarded: `for=198.51.100.${n}`,
          'x-real-ip': `198.51.100.${n}`,
        };
        statuses.push((await new Browser().request(`${url}/auth/login`, { headers })).status);
      }
      expect(statuses.filter((status) => status === 429)).toHaveLength(4);
    });

    async function start(env: Record<string, string>, edit?: (config: string) => string) {
      const ports = await freePorts();
      const app = await startApp(ports, env);
      opened.push(() => app.close());
      opened.push(await startReverseProxy(executable, nginx, ports, pair, edit));
      return { url: `https://localhost:${ports.https}`, app, ports };
    }
  });
});

test('straight to the app’s port, a forged X-Forwarded-Proto and Host change no link and no cookie', async () => {
  const ports = { https: await freePort(), http: 0, app: await freePort() };
  const app = await startApp(ports);
  try {
    const asked = request({
      port: ports.app,
      host: '127.0.0.1',
      path: '/auth/login',
      headers: { ...forgery, host: 'evil.example' },
    }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    expect(answer.headers.location).not.toContain('evil.example');
    for (const line of answer.headers['set-cookie'] ?? []) expect(line).toMatch(/; Secure/);
  } finally {
    await app.close();
  }
});

const json = { headers: { accept: 'application/json' } };

const forgery = {
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'http',
  'x-forwarded-for': '203.0.113.9',
  'x-forwarded-port': '81',
  'x-forwarded-prefix': '/evil',
  forwarded: 'for=203.0.113.9;host=evil.example;proto=http',
  'x-original-url': '/evil',
  'x-http-method-override': 'DELETE',
};

async function startApp(ports: ProxyPorts, env: Record<string, string> = {}) {
  const settings = await registeredAt(sandbox, `https://localhost:${ports.https}/sign/in/callback`);
  const app = await startServerProcess({
    ...settings,
    TLS: 'proxy',
    HOST: '127.0.0.1',
    PORT: String(ports.app),
    RATE_LIMIT: '100000',
    ...env,
  });
  await listening(app);
  return Object.assign(app, { settings });
}

async function logIn(url: string, returnTo: string) {
  const browser = new Browser();
  const personas = await browser.visit(`${url}/auth/login?returnTo=${encodeURIComponent(returnTo)}`);
  const consent = await browser.press(personas, ariel);
  return { browser, page: await browser.press(consent, 'Authorize') };
}

/** What an answer is, without what differs every time. */
function shape({ status, location, headers }: Page) {
  const to = location === undefined ? undefined : new URL(location);
  const redirectUri = to?.searchParams.get('redirect_uri');
  return {
    status,
    to: to && to.origin + to.pathname,
    redirectUri,
    names: [...headers.keys()].filter((name) => !/^ratelimit/.test(name)).sort(),
  };
}
