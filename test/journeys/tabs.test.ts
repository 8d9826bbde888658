import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Browser, type Page } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ada, ariel, authorize, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
});
afterAll(() => app.close());

const tabs = [1, 2, 3, 4, 5].map((number) => `/account?tab=${number}`);

/** Opens a login for every tab before any of them goes on. */
async function openTabs(browser: Browser): Promise<Page[]> {
  const opened: Page[] = [];
  for (const tab of tabs) opened.push(await browser.visit(app.url + tab));
  return opened;
}

async function finish(browser: Browser, personas: Page): Promise<Page> {
  return browser.press(await browser.press(personas, ariel.email), 'Authorize');
}

test('five tabs that log in one after the other all end logged in, each where it wanted to go', async () => {
  const browser = new Browser();
  for (const [number, personas] of (await openTabs(browser)).entries()) {
    const page = await finish(browser, personas);
    expect(page.url).toBe(app.url + tabs[number]);
    expect(page.body).toContain(ariel.email);
  }
});

test('the order in which they come back does not matter', async () => {
  const browser = new Browser();
  const opened = await openTabs(browser);
  for (const number of [3, 0, 4, 2, 1]) {
    const personas = opened[number];
    if (personas) expect((await finish(browser, personas)).url).toBe(app.url + tabs[number]);
  }
});

test('callbacks that arrive at the same moment all end logged in', async () => {
  const browser = new Browser();
  const callbacks: URL[] = [];
  for (const returnTo of tabs) callbacks.push((await authorize(app, { browser, returnTo })).callback);
  const answers = await Promise.all(callbacks.map(({ href }) => browser.request(href)));
  expect(answers.map(({ location }) => location)).toEqual(tabs.map((tab) => app.url + tab));
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
});

test('a sixth tab takes the place of the first, which begins again by itself and ends on its page', async () => {
  const browser = new Browser();
  const first = await authorize(app, { browser, returnTo: '/account?tab=first' });
  await openTabs(browser);
  const restarted = await browser.visit(first.callback.href);
  expect(restarted.url).toContain(app.sandbox.url);
  expect((await finish(browser, restarted)).url).toBe(`${app.url}/account?tab=first`);
});

test('a tab whose login was forgotten goes on to its page once another tab has logged in', async () => {
  const browser = new Browser();
  const first = await authorize(app, { browser, returnTo: '/account?tab=first' });
  const opened = await openTabs(browser);
  if (opened[4]) await finish(browser, opened[4]);
  const late = await browser.request(first.callback.href);
  expect(late.status).toBe(303);
  expect(late.location).toBe(`${app.url}/account?tab=first`);
});

test('back and reload on a callback lead where that login led, and spend nothing', async () => {
  const browser = new Browser();
  const first = await authorize(app, { browser, returnTo: '/account?tab=1' });
  await browser.visit(first.callback.href);
  const second = await authorize(app, { browser, returnTo: '/account?tab=2' });
  await browser.visit(second.callback.href);
  const session = browser.cookieHeader(app.url);
  for (const [{ callback }, tab] of [
    [first, 1],
    [second, 2],
    [first, 1],
  ] as const) {
    const again = await browser.request(callback.href);
    expect(again.location).toBe(`${app.url}/account?tab=${tab}`);
    expect(browser.cookieHeader(app.url)).toBe(session);
  }
});

test('a callback that is loaded twice at once logs in once, and both answers lead to the page, logged in', async () => {
  const { browser, callback } = await authorize(app, { returnTo: '/account?tab=twice' });
  const cookie = browser.cookieHeader(app.url);
  const loads = [new Browser(), new Browser()];
  const answers = await Promise.all(loads.map((load) => load.request(callback.href, { headers: { cookie } })));
  expect(answers.map(({ location }) => location)).toEqual(loads.map(() => `${app.url}/account?tab=twice`));
  for (const load of loads) expect(await whoAmI(app, load)).toEqual({ status: 200, email: ariel.email });
  const sessions = loads.map((load) => [...load.cookies(app.url)].find(([name]) => name.includes('session')));
  expect(sessions[1]?.[1].value).toBe(sessions[0]?.[1].value);
  expect(sessions.map((session) => session?.[1].line.replace(/Expires=[^;]*/, ''))).toEqual(
    sessions.map(() => expect.stringContaining('; Path=/; ')),
  );
});

test('a callback that is reloaded before the first answer was read still logs in', async () => {
  const { browser, callback } = await authorize(app, { returnTo: '/account?tab=reloaded' });
  const cookie = browser.cookieHeader(app.url);
  await new Browser().request(callback.href, { headers: { cookie } });
  expect((await browser.visit(callback.href)).body).toContain(ariel.email);
});

test('a callback that is loaded again after the logout, with the cookies of before, logs nobody in', async () => {
  const { browser, callback } = await authorize(app);
  const cookie = browser.cookieHeader(app.url);
  await browser.press(await browser.visit(callback.href), 'Log out');
  const thief = new Browser();
  await thief.request(callback.href, { headers: { cookie } });
  expect(await whoAmI(app, thief)).toEqual({ status: 401 });
});

test('a callback that is repeated after the logout logs nobody in', async () => {
  const { browser, callback } = await authorize(app);
  const home = await browser.visit(callback.href);
  await browser.press(home, 'Log out');
  const again = await browser.request(callback.href);
  expect(again.status).toBe(400);
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
});

test('a tab of another person replaces the first person, of whom nothing is left', async () => {
  const { browser } = await logIn(app, { returnTo: '/account?private=ariel' });
  const ariels = browser.history.findLast(({ url }) => url.includes('/auth/callback'));
  await logIn(app, { browser, as: ada.email });
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ada.email });
  expect((await browser.request(ariels?.url ?? '')).location).toBe(`${app.url}/`);
});

test('cancelling in one tab leaves the login of another as it is', async () => {
  const browser = new Browser();
  const [first, second] = await openTabs(browser);
  if (!first || !second) throw new Error('Two tabs are needed');
  const cancelled = await browser.press(await browser.press(first, ariel.email), 'Cancel');
  expect(cancelled.status).toBe(200);
  expect(cancelled.body).toContain('access_denied');
  expect((await finish(browser, second)).url).toBe(app.url + tabs[1]);
  expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
});
