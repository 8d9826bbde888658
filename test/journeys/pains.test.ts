import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { loadAppConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/logging/log.ts';
import { startApp } from '../../src/start-app.ts';
import { Browser } from '../support/browser.ts';
import { connectRaw } from '../support/raw-http.ts';
import type { TappedApp } from '../support/tapped-app.ts';
import { paths, startTappedApp } from '../support/tapped-app.ts';
import { ada, ariel, authorize, freePort, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

/*
 * What people report about other logins, each tried on this one. The complaints that have a test file of their own are
 * listed in test/README.md.
 */

let app: TappedApp;

beforeAll(async () => {
  app = await startTappedApp({ env: { FLOW_INSPECTOR: 'off' } });
});
beforeEach(() => app.tap.reset());
afterAll(() => app.close());

describe('"checks.state argument is missing": the failure page names the cause and leads on', () => {
  test('when the callback was opened directly', async () => {
    const page = await new Browser().request(`${app.url}/auth/callback`);
    expect(page.status).toBe(400);
    expect(page.body).toContain('<code>login_unknown</code>');
    expect(page.body).toContain('opened from a link');
    expect(page.body).toContain('Try again');
  });

  test('when cookies are blocked', async () => {
    const { callback } = await authorize(app);
    const page = await new Browser().request(callback.href);
    expect(page.body).toContain('<code>cookies_missing</code>');
    expect(page.body).toContain('Cookies are blocked');
  });

  test('and no word of a library or of the standard', async () => {
    for (const query of ['', '?code=x', '?state=x', '?error=x&state=y', '?code=x&state=y&iss=z']) {
      const { body } = await new Browser().request(`${app.url}/auth/callback${query}`);
      expect(body).not.toMatch(/checks\.|argument|undefined|openid-client|oauth4webapi|at \w+ \(/);
    }
  });
});

test('a logged-out session does not come back when a request that was under way ends', async () => {
  const { browser, page } = await logIn(app);
  const release = app.tap.hold(paths.projects);
  const underWay = browser.request(`${app.url}/projects`);
  await app.tap.received(paths.projects);
  const cookie = browser.cookieHeader(app.url);
  await browser.press(page, 'Log out');
  release();
  await underWay;
  const copied = await new Browser().request(`${app.url}/api/me`, { headers: { cookie } });
  expect(copied.status).toBe(401);
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
});

test('logging out says what has ended, and no page logs in again by itself', async () => {
  const { browser, page } = await logIn(app);
  const farewell = await browser.press(page, 'Log out');
  expect(farewell.body).toContain('The sandbox asks who you are at every login');
  expect((await browser.visit(app.url)).status).toBe(200);
  expect(browser.history.at(-1)?.url).toBe(app.url);
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
});

test('a session id from before the login is worth nothing after it, and returnTo survives', async () => {
  const { browser } = await logIn(app, { as: ada.email });
  const planted = browser.cookieHeader(app.url);
  const victim = new Browser();
  const [name = '', cookie] = [...browser.cookies(app.url)].find(([key]) => key.includes('session')) ?? [];
  if (cookie) victim.cookies(app.url).set(name, cookie);
  const { page } = await logIn(app, { browser: victim, returnTo: '/account?kept=1' });
  expect(page.url).toBe(`${app.url}/account?kept=1`);
  const attacker = await new Browser().request(`${app.url}/api/me`, { headers: { cookie: planted } });
  expect(attacker.status).toBe(401);
});

test('twenty requests at the moment of expiry refresh once, and nobody is logged out', async () => {
  app.tap.replace(paths.token, (tokens) => ({ ...tokens, expires_in: 0 }));
  const { browser } = await logIn(app);
  app.tap.reset();
  const answers = await Promise.all(Array.from({ length: 20 }, () => whoAmI(app, browser)));
  expect(answers).toEqual(answers.map(() => ({ status: 200, email: ariel.email })));
  expect(app.tap.exchanges.filter(({ path }) => path === paths.token)).toHaveLength(1);
});

test.each([
  [{ status: 503 }],
  [{ status: 429, headers: { 'retry-after': '1' } }],
  [{ status: 200, body: '<html>' }],
  [{ status: 401, body: { error: 'invalid_client' } }],
])('a refresh that fails with %j logs nobody out', async (answer) => {
  app.tap.replace(paths.token, (tokens) => ({ ...tokens, expires_in: 0 }));
  const { browser } = await logIn(app);
  app.tap.replace(paths.token, answer);
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
});

test('a refresh that is refused for good (invalid_grant) ends the session', async () => {
  app.tap.replace(paths.token, (tokens) => ({ ...tokens, expires_in: 0 }));
  const { browser } = await logIn(app);
  app.tap.replace(paths.token, { status: 400, body: { error: 'invalid_grant' } });
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
});

test('LaunchDarkly out of reach: the app starts, a login explains itself, and the next one works', async () => {
  const port = await freePort();
  const env = { LD_BASE_URI: `http://127.0.0.1:${port}`, FLOW_INSPECTOR: 'off' };
  const unreachable = await startTestApp({ env });
  try {
    expect((await new Browser().request(unreachable.url)).status).toBe(200);
    const browser = new Browser();
    const start = await browser.request(`${unreachable.url}/auth/login?returnTo=/account`);
    const state = new URL(start.location ?? '').searchParams.get('state');
    const page = await browser.request(`${unreachable.url}/auth/callback?code=x&state=${state}`);
    expect(page.status).toBe(502);
    expect(page.body).toContain('<code>provider_unreachable</code>');
    expect(page.body).toContain('returnTo=%2Faccount');
  } finally {
    await unreachable.close();
  }
});

test('a login by HTTP Basic works as well', async () => {
  const basic = await startTestApp({ env: { LD_OAUTH_CLIENT_AUTH: 'basic' } });
  try {
    const { page } = await logIn(basic);
    expect(page.body).toContain(ariel.email);
  } finally {
    await basic.close();
  }
});

test('a session that does not stick stops after two rounds and explains itself', async () => {
  const browser = new Browser();
  let page = await browser.visit(`${app.url}/account`);
  for (let round = 1; round <= 2; round++) {
    page = await browser.submit(await browser.press(page, ariel.email), 'Authorize');
    page = await browser.request(page.location ?? '');
    expect(page.location).toBe(`${app.url}/account`);
    for (const name of browser.cookies(app.url).keys()) {
      if (name.includes('session')) browser.cookies(app.url).delete(name);
    }
    page = await browser.visit(`${app.url}/account`);
  }
  expect(page.url).toBe(`${app.url}/account`);
  expect(page.status).toBe(400);
  expect(page.body).toContain('<code>login_loop</code>');
  const { body } = await browser.visit(`${app.url}/account`);
  expect(body).toContain('Ariel');
});

test('two apps on one host, at two ports, do not overwrite each other', async () => {
  const other = await startTestApp();
  try {
    const browser = new Browser();
    const here = await authorize(app, { browser });
    const there = await authorize(other, { browser, as: ada.email });
    await browser.visit(here.callback.href);
    await browser.visit(there.callback.href);
    expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
    expect(await whoAmI(other, browser)).toEqual({ status: 200, email: ada.email });
  } finally {
    await other.close();
  }
});

test('a restart logs nobody out', async () => {
  const { browser } = await logIn(app);
  const env = { ...app.env, TLS: 'proxy', HOST: '127.0.0.1', PORT: String(await freePort()) };
  const logger = createLogger({ level: 'silent', format: 'json' });
  const again = await startApp(loadAppConfig({ env, envFile: null }), logger);
  const connection = connectRaw(again.port);
  try {
    const headers = ['Host: localhost', `Cookie: ${browser.cookieHeader(app.url)}`];
    const { status, body } = await connection.request('/api/me', headers);
    expect(status).toBe(200);
    expect(body).toContain(ariel.email);
  } finally {
    connection.close();
    await again.stop();
  }
});

test('whatever goes wrong, there is one page, with a stable code and a request id that is also in the log', async () => {
  app.tap.replace(paths.token, { status: 500, body: 'geheim' });
  const { browser, callback } = await authorize(app);
  const page = await browser.request(callback.href, { headers: { 'x-request-id': 'seen-by-the-proxy' } });
  expect(page.status).toBe(502);
  expect(page.body).toContain('<code>provider_failed</code>, request ID <code>seen-by-the-proxy</code>');
  expect(page.body).not.toContain('geheim');
  const line = { event: 'request_failed', code: 'provider_failed', requestId: 'seen-by-the-proxy' };
  expect(app.log()).toContainEqual(expect.objectContaining(line));
});

test('a LaunchDarkly whose clock is a day off changes nothing', async () => {
  const yesterday = new Date(Date.now() - 86_400_000).toUTCString();
  const { browser, callback } = await authorize(app);
  app.tap.replace(paths.identity, { ...(await identityOf()), headers: { date: yesterday } });
  await browser.visit(callback.href);
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });

  async function identityOf() {
    const { browser: asked } = await logIn(app);
    const { body } = await asked.request(`${app.url}/api/me`);
    const { accountId, id } = JSON.parse(body).member;
    return { status: 200, body: { accountId, memberId: id } };
  }
});
