import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ada, ariel, authorize, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

describe('a person who logs in', () => {
  test('ends on a page that names them', async () => {
    const { page } = await logIn(app);
    expect(page.status).toBe(200);
    expect(page.url).toBe(`${app.url}/`);
    expect(page.body).toContain(ariel.email);
    expect(page.body).toContain(ariel.name);
  });

  test('comes back to the very page that asked for the login', async () => {
    const browser = new Browser();
    const personas = await browser.visit(`${app.url}/account?tab=teams&x=%2F`);
    const page = await browser.press(await browser.press(personas, ada.email), 'Authorize');
    expect(page.url).toBe(`${app.url}/account?tab=teams&x=%2F`);
    expect(page.body).toContain(ada.email);
  });

  test('is described by /api/me', async () => {
    const { browser } = await logIn(app, { as: ada.email });
    const { status, body } = await browser.request(`${app.url}/api/me`);
    expect(status).toBe(200);
    expect(JSON.parse(body)).toEqual({
      member: {
        id: expect.stringMatching(/^[0-9a-f]{24}$/),
        accountId: expect.any(String),
        email: ada.email,
        firstName: 'Ada',
        lastName: 'Lindqvist',
        role: 'admin',
        customRoles: [],
        teams: [],
      },
      session: {
        startedAt: expect.stringMatching(/^\d{4}-.*Z$/),
        idleExpiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
        expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
      },
    });
  });

  test("sees LaunchDarkly's projects through their own token", async () => {
    const { page } = await logIn(app, { returnTo: '/projects' });
    expect(page.status).toBe(200);
    expect(page.body).toContain('Storefront');
  });

  test('gets one session cookie: __Host-, HttpOnly, Secure, SameSite=Lax', async () => {
    const { browser } = await logIn(app);
    const [name, cookie] = [...browser.cookies(app.url)].find(([key]) => key.startsWith('__Host-session')) ?? [];
    expect(name).toBeDefined();
    expect(cookie?.line).toMatch(/; Path=\/;.*HttpOnly; Secure; SameSite=Lax$/);
  });

  test('gets a new session id with every login, and the old one is worth nothing', async () => {
    const { browser } = await logIn(app);
    const before = browser.cookieHeader(app.url);
    await logIn(app, { browser });
    expect(browser.cookieHeader(app.url)).not.toBe(before);
    const stale = await new Browser().request(`${app.url}/api/me`, { headers: { cookie: before } });
    expect(stale.status).toBe(401);
  });

  test('replaces the user who was logged in before in the same browser', async () => {
    const { browser } = await logIn(app, { as: ariel.email });
    await logIn(app, { browser, as: ada.email });
    expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ada.email });
  });
});

describe('logging out', () => {
  test('ends the session, at once and for good', async () => {
    const { browser, page } = await logIn(app);
    const cookie = browser.cookieHeader(app.url);
    const farewell = await browser.press(page, 'Log out');
    expect(farewell.url).toBe(`${app.url}/logged-out`);
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
    const copied = await new Browser().request(`${app.url}/api/me`, { headers: { cookie } });
    expect(copied.status).toBe(401);
  });

  test('is not something another site can bring about', async () => {
    const { browser } = await logIn(app);
    for (const headers of [
      { 'sec-fetch-site': 'cross-site' },
      { 'sec-fetch-site': 'same-site' },
      { 'sec-fetch-site': 'same-site', origin: app.url },
      { origin: 'https://evil.example' },
      { origin: 'null' },
    ]) {
      const { status } = await browser.request(`${app.url}/auth/logout`, { method: 'POST', headers });
      expect(status).toBe(403);
    }
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
  });
});

describe('a login that goes wrong', () => {
  test('because it was cancelled is shown kindly, and nobody is logged in', async () => {
    const browser = new Browser();
    const personas = await browser.visit(`${app.url}/auth/login?returnTo=/account`);
    const page = await browser.press(await browser.press(personas, ariel.email), 'Cancel');
    expect(page.status).toBe(200);
    expect(page.body).toContain('access_denied');
    expect(page.body).toContain('returnTo=%2Faccount');
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
  });

  test('because its state is foreign logs nobody in and leaves the code unspent', async () => {
    const owner = await authorize(app);
    const { browser } = await authorize(app);
    const answer = await browser.request(owner.callback.href);
    // This browser is logging in, and may have forgotten the attempt: it begins one of its own, for the user who sits there.
    expect(answer.status).toBe(303);
    expect(answer.location).toMatch(new RegExp(`^${app.sandbox.url}/trust/oauth/authorize`));
    expect(answer.location).not.toContain(owner.callback.searchParams.get('state'));
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
    expect((await owner.browser.visit(owner.callback.href)).body).toContain(ariel.email);
  });

  test('because the browser brought no cookie says so', async () => {
    const { callback } = await authorize(app);
    const page = await new Browser().request(callback.href);
    expect(page.status).toBe(400);
    expect(page.body).toContain('cookies_missing');
  });

  test('because the state was tampered with logs nobody in', async () => {
    const { browser, callback } = await authorize(app);
    callback.searchParams.set('state', `${callback.searchParams.get('state')}x`);
    const page = await browser.request(callback.href);
    expect(page.status).toBe(400);
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
  });

  test('because the code was spent elsewhere is refused', async () => {
    const first = await authorize(app);
    const second = await authorize(app);
    const spent = first.callback.searchParams.get('code') ?? '';
    await first.browser.request(first.callback.href);
    second.callback.searchParams.set('code', spent);
    const page = await second.browser.request(second.callback.href);
    expect(page.status).toBe(400);
    expect(page.body).toContain('code_rejected');
    expect(await whoAmI(app, second.browser)).toEqual({ status: 401 });
  });

  test('because a foreign issuer answered is refused', async () => {
    const { browser, callback } = await authorize(app);
    callback.searchParams.set('iss', 'https://evil.example');
    const page = await browser.request(callback.href);
    expect(page.status).toBe(400);
    expect(page.body).toContain('response_rejected');
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
  });
});

describe('a callback that is replayed', () => {
  test('by a reload takes a logged-in person where that login went, and spends nothing', async () => {
    const { browser, callback } = await authorize(app, { returnTo: '/account' });
    await browser.visit(callback.href);
    const again = await browser.request(callback.href);
    expect(again.status).toBe(303);
    expect(again.location).toBe(`${app.url}/account`);
    expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
  });

  test('by a stranger who copied the address logs nobody in', async () => {
    const { browser, callback } = await authorize(app);
    await browser.visit(callback.href);
    const stranger = new Browser();
    const page = await stranger.request(callback.href);
    expect(page.status).toBe(400);
    expect(await whoAmI(app, stranger)).toEqual({ status: 401 });
  });
});

describe('returnTo', () => {
  test.each([
    '//evil.example',
    '/\\evil.example',
    '/.//evil.example',
    '/..//evil.example',
    'https://evil.example',
    'https:evil.example',
    'javascript:alert(1)',
    '/\tevil',
    '/\n/evil.example',
    '\u0000/',
    '/%2F%2Fevil.example\r\nSet-Cookie: x=1',
    'evil.example',
  ])('never leads off the site: %j', async (returnTo) => {
    const { page } = await logIn(app, { returnTo });
    expect(new URL(page.url).origin).toBe(app.url);
    expect(page.body).toContain(ariel.email);
  });

  test('may be repeated or an object without harm', async () => {
    for (const query of ['returnTo=/a&returnTo=/b', 'returnTo[x]=/a', 'returnTo']) {
      const { status } = await new Browser().request(`${app.url}/auth/login?${query}`);
      expect(status).toBe(303);
    }
  });
});

test('a visitor who is not logged in is given no session', async () => {
  const browser = new Browser();
  await browser.visit(`${app.url}/`);
  await browser.request(`${app.url}/auth/login`);
  expect([...browser.cookies(app.url).keys()].filter((name) => name.includes('session'))).toEqual([]);
});

test('a program that is not logged in gets 401 as JSON, and no redirect', async () => {
  const { status, body } = await new Browser().request(`${app.url}/account`, {
    headers: { accept: 'application/json' },
  });
  expect(status).toBe(401);
  expect(JSON.parse(body)).toEqual({ error: { code: 'login_required', message: expect.any(String) } });
});

test('the log tells in which request somebody logged in and out', async () => {
  const { browser, callback } = await authorize(app);
  const loggedIn = await browser.request(callback.href);
  const loggedOut = await browser.request(`${app.url}/auth/logout`, { form: {} });
  for (const [event, { headers }] of [
    ['login_succeeded', loggedIn],
    ['logged_out', loggedOut],
  ] as const) {
    const requestId = headers.get('x-request-id');
    expect(app.log()).toContainEqual(expect.objectContaining({ event, requestId }));
    await app.logged({ event: 'request', requestId });
  }
});

test('neither token, code, state nor secret stands in the log', async () => {
  const { browser, callback } = await authorize(app);
  await browser.visit(callback.href);
  const log = JSON.stringify(app.log());
  expect(log).toContain('login_succeeded');
  for (const secret of [callback.searchParams.get('code'), callback.searchParams.get('state'), app.clientSecret]) {
    expect(log).not.toContain(secret);
  }
});
