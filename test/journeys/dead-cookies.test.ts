import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { Browser, type Page } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, authorize, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

const minute = 60_000;
const realNow = Date.now;
let ahead = 0;
let app: TestApp;

beforeAll(async () => {
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  app = await startTestApp();
});
afterEach(() => {
  ahead = 0;
  app.sandbox.changePersona(ariel.email, { removed: false });
});
afterAll(async () => {
  await app.close();
  jest.restoreAllMocks();
});

/** The cookies that an answer deletes, without their hash. */
function deleted({ headers }: Page): string[] {
  return headers
    .getSetCookie()
    .filter((line) => line.includes('Expires=Thu, 01 Jan 1970'))
    .map((line) => line.replace(/-[0-9a-f]{8}(\.\d)?=.*/, ''));
}

function cookieNamed(browser: Browser, start: string): [name: string, value: string] {
  const [name, { value }] = [...browser.cookies(app.url)].find(([name]) => name.startsWith(start))!;
  return [name, value];
}

const session = '__Host-session';

test('a logout deletes the session cookie with the attributes it was set with', async () => {
  const { browser, page } = await logIn(app);
  const answer = await browser.submit(page, 'Log out');
  expect([answer.status, answer.headers.get('clear-site-data')]).toEqual([303, '"cache"']);
  const line = answer.headers.getSetCookie().find((one) => one.startsWith(session));
  expect(line).toMatch(
    /^__Host-session-\w+=; Path=\/; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly; Secure; SameSite=Lax$/,
  );
});

test('a request in which the session ends deletes its cookie', async () => {
  const { browser } = await logIn(app);
  app.sandbox.changePersona(ariel.email, { removed: true });
  const refused = await browser.request(`${app.url}/projects`);
  expect([refused.status, deleted(refused)]).toEqual([401, ['__Host-logins', session]]);
});

test('a request in which the member loses their right to enter deletes its cookie', async () => {
  const { browser } = await logIn(app);
  app.sandbox.changePersona(ariel.email, { removed: true });
  ahead += 5 * minute;
  expect(deleted(await browser.request(`${app.url}/account`))).toEqual([session]);
});

test('the cookie of a session that nobody used for too long is deleted on the first visit, on every page', async () => {
  const { browser } = await logIn(app);
  const cookie = browser.cookieHeader(app.url);
  ahead += 9 * 60 * minute;
  for (const path of ['/', '/account', '/api/me', '/auth/login', '/nowhere']) {
    const page = await new Browser().request(app.url + path, { headers: { cookie } });
    expect([path, ...deleted(page)]).toEqual([path, session]);
  }
});

test.each(['s%3Anobody.AAAA', 'junk', ''])(
  'a session cookie that this app did not write (%j) is deleted',
  async (value) => {
    const [name] = cookieNamed((await logIn(app)).browser, session);
    const page = await new Browser().request(app.url, { headers: { cookie: `${name}=${value}` } });
    expect([page.status, deleted(page)]).toEqual([200, [session]]);
  },
);

test('a living session, and a visitor without one, get no such answer', async () => {
  const { browser } = await logIn(app);
  for (const visitor of [browser, new Browser()])
    expect(deleted(await visitor.request(`${app.url}/api/me`)).filter((name) => name === session)).toEqual([]);
});

test('a login with a dead session cookie succeeds, and its callback sets one session cookie only', async () => {
  const { browser } = await logIn(app);
  ahead += 9 * 60 * minute;
  const dead = cookieNamed(browser, session).join('=');
  const { browser: next, callback } = await authorize(app);
  const cookie = `${next.cookieHeader(app.url)}; ${dead}`;
  const page = await next.request(callback.href, { headers: { cookie } });
  expect(page.headers.getSetCookie().filter((line) => line.startsWith(session))).toHaveLength(1);
  expect(await whoAmI(app, next)).toEqual({ status: 200, email: ariel.email });
});

test('cookies of logins that this app cannot open are deleted when another login starts or ends', async () => {
  const browser = new Browser();
  await browser.request(`${app.url}/auth/login`);
  const [name, value] = cookieNamed(browser, '__Host-login-');
  const base = name.slice(0, -2);
  const tampered = ['0', '1', '2', '3', '4'].map((slot) => `${base}.${slot}=x${value}`).join('; ');
  for (const path of ['/auth/login', '/auth/callback?code=a&state=b']) {
    const page = await new Browser().request(app.url + path, { headers: { cookie: tampered } });
    expect(deleted(page).filter((one) => one === '__Host-login')).toHaveLength(5);
  }
});
