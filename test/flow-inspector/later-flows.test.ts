import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { messageNotes } from '../../src/flow-inspector/notes.ts';
import { Browser } from '../support/browser.ts';
import { ada, ariel, logIn, startTestApp, type TestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const minute = 60_000;
const realNow = Date.now;
let ahead = 0;
let app: TestApp;

beforeEach(async () => {
  ahead = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  app = await startTestApp();
});
afterEach(async () => {
  await app.close();
  jest.restoreAllMocks();
});

/** The recorded flows of a browser, newest first: title, outcome and address. */
async function recordsOf(browser: Browser): Promise<{ title: string; outcome: string; href: string }[]> {
  const { body } = await browser.visit(`${app.url}/flow`);
  const rows = body.matchAll(/<li><a href="(\/flow\?flow=\d+)"[^>]*>(.*?)<\/a> <span class="soft">(.*?),/g);
  return [...rows].map(([, href = '', title = '', outcome = '']) => ({ title, outcome, href }));
}

/** The page of the newest flow with this title. */
async function pageOf(browser: Browser, title: string): Promise<string> {
  const record = (await recordsOf(browser)).find((one) => one.title === title);
  return (await browser.visit(app.url + record?.href)).body;
}

const titlesOf = (html: string) =>
  [...html.matchAll(/<h2><span class="soft">\d+\.<\/span> (.*?)<\/h2>/g)].map(([, title]) => title);

const maskOf = (html: string, name: string) =>
  new RegExp(`<dt><code>${name}</code></dt><dd><code[^>]*>(.*?)</code>`).exec(html)?.[1];

describe('a re-validation', () => {
  test('is recorded for the browser whose request caused it, and for no other', async () => {
    const { browser } = await logIn(app);
    const { browser: other } = await logIn(app, { as: ada.email });
    ahead += 6 * minute;
    await browser.visit(`${app.url}/account`);
    await until(() => app.log().some(({ event }) => event === 'user_verified'));

    expect((await recordsOf(browser)).map(({ title }) => title)).toEqual(['Re-validation', 'Login']);
    expect(titlesOf(await pageOf(browser, 'Re-validation'))).toEqual(
      (['page', 'getCallerIdentity', 'getMember'] as const).map((kind) => messageNotes[kind].title),
    );
    expect((await recordsOf(other)).map(({ title }) => title)).toEqual(['Login']);
    const [record] = await recordsOf(browser);
    expect((await other.visit(app.url + record?.href)).body).not.toContain(ariel.email);
  });

  test('in the background belongs to the browser that came by, and is marked as such', async () => {
    const { browser } = await logIn(app);
    const { browser: other } = await logIn(app, { as: ada.email });
    ahead += 4.5 * minute;
    await browser.visit(`${app.url}/account`);
    await Promise.all([1, 2, 3].map(() => other.request(`${app.url}/`)));
    await until(() => app.log().some(({ event }) => event === 'user_verified'));
    expect(await pageOf(browser, 'Re-validation')).toContain('ran in the background');
    expect((await recordsOf(other)).map(({ title }) => title)).toEqual(['Login']);
  });

  test('of many requests at once is recorded once', async () => {
    const { browser } = await logIn(app);
    ahead += 6 * minute;
    await Promise.all([1, 2, 3, 4].map(() => browser.request(`${app.url}/api/me`)));
    expect((await recordsOf(browser)).map(({ title }) => title)).toEqual(['Re-validation', 'Login']);
  });
});

describe('a refresh', () => {
  test('shows the old refresh token in its request and other tokens in its answer', async () => {
    app.sandbox.setSwitches({ accessTokenLifetime: 120 });
    const { browser } = await logIn(app);
    const login = await pageOf(browser, 'Login');
    ahead += 2 * minute;
    await browser.visit(`${app.url}/account`);
    const html = await pageOf(browser, 'Refresh');

    expect(titlesOf(html).slice(0, 2)).toEqual([messageNotes.page.title, messageNotes.refresh.title]);
    expect(maskOf(html, 'grant_type')).toBe('refresh_token');
    expect(maskOf(html, 'refresh_token')).toBe(maskOf(login, 'refresh_token'));
    expect(maskOf(html, 'access_token')).toMatch(/·[0-9a-f]{6}$/);
    expect(maskOf(html, 'access_token')).not.toBe(maskOf(login, 'access_token'));
  });

  test('that is refused shows the error of RFC 6749 at its step', async () => {
    app.sandbox.setSwitches({ accessTokenLifetime: 120 });
    const { browser } = await logIn(app);
    app.sandbox.setFaults([{ endpoint: 'refresh', fault: 'invalid_grant' }]);
    ahead += 2 * minute;
    await browser.request(`${app.url}/account`);
    expect(await recordsOf(browser)).toMatchObject([{ title: 'Refresh', outcome: 'failed' }, { title: 'Login' }]);
    const html = await pageOf(browser, 'Refresh');
    expect(html).toMatch(
      / is-failed" id="step-2">.*OAuth error <code>invalid_grant<\/code>: .*RFC 6749, section 5\.2/s,
    );
  });

  test('of a browser that is not known yet, as after a restart, is recorded too', async () => {
    const { browser } = await logIn(app);
    ahead += 61 * minute;
    expect(await recordsOf(browser)).toEqual([]);
    await browser.visit(`${app.url}/account`);
    expect((await recordsOf(browser)).map(({ title }) => title)).toEqual(['Refresh']);
  });
});

describe('a logout', () => {
  test('is recorded with the revocation of both tokens, and is all that is left of the session', async () => {
    const { browser, page } = await logIn(app, { returnTo: '/account' });
    const login = await pageOf(browser, 'Login');
    await browser.press(page, 'Log out');
    await until(async () => titlesOf((await browser.visit(`${app.url}/flow`)).body).length === 3);
    const { body } = await browser.visit(`${app.url}/flow`);

    const { logout, revoke } = messageNotes;
    expect(titlesOf(body)).toEqual([logout.title, revoke.title, revoke.title]);
    const tokens = [...body.matchAll(/<dt><code>token<\/code><\/dt><dd><code[^>]*>(.*?)<\/code>/g)].map(
      ([, mask]) => mask,
    );
    expect(tokens.sort()).toEqual([maskOf(login, 'access_token'), maskOf(login, 'refresh_token')].sort());
    expect((await recordsOf(browser)).map(({ title }) => title)).toEqual(['Log out']);
    expect(body).not.toContain(ariel.email);
  });

  test('that another site asks for is recorded nowhere', async () => {
    const browser = new Browser();
    const { status, headers } = await browser.request(`${app.url}/auth/logout`, {
      method: 'POST',
      headers: { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' },
    });
    expect([status, headers.getSetCookie()]).toEqual([403, []]);
  });
});

test('requests that make no call are not recorded', async () => {
  const { browser } = await logIn(app);
  for (const path of ['/', '/account', '/projects', '/api/me']) await browser.visit(app.url + path);
  expect((await recordsOf(browser)).map(({ title }) => title)).toEqual(['Login']);
});
