import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import type { TestApp } from '../support/test-app.ts';
import { ada, ariel, logIn, startTestApp, whoAmI } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const minute = 60_000;
const realNow = Date.now;
let ahead = 0;
let app: TestApp;

/** How often the log tells of this event. */
const count = (event: string) => app.log().filter((line) => line.event === event).length;

beforeEach(async () => {
  ahead = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
  app = await startTestApp();
});
afterEach(async () => {
  await app.close();
  jest.restoreAllMocks();
});

test('a member who was removed at LaunchDarkly is out within SESSION_REVALIDATE', async () => {
  const { browser } = await logIn(app);
  app.sandbox.changePersona(ariel.email, { removed: true });
  ahead += 5 * minute;
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
  expect(count('session_ended')).toBe(1);
});

test('a member who was downgraded sees the new role within SESSION_REVALIDATE', async () => {
  const { browser, page } = await logIn(app, { as: ada.email, returnTo: '/account' });
  expect(page.body).toContain('<dd>admin</dd>');
  app.sandbox.changePersona(ada.email, { role: 'reader' });
  ahead += 5 * minute;
  expect((await browser.visit(`${app.url}/account`)).body).toContain('<dd>reader</dd>');
  const { body } = await browser.request(`${app.url}/api/me`);
  expect(JSON.parse(body).member.role).toBe('reader');
});

test('the browser is given its cookie once, for as long as a session can last, and none when tokens are refreshed', async () => {
  const { browser } = await logIn(app);
  const [, cookie] = [...browser.cookies(app.url)].find(([name]) => name.startsWith('__Host-session'))!;
  expect(Math.round((cookie.expires - Date.now()) / minute)).toBe(7 * 24 * 60);
  await whoAmI(app, browser);
  ahead += 60 * minute;
  const { status, headers } = await browser.request(`${app.url}/api/me`);
  expect(status).toBe(200);
  expect(count('tokens_refreshed')).toBe(1);
  expect(headers.getSetCookie().filter((line) => !line.startsWith('__Host-flow-'))).toEqual([]);
});

test('a change is noticed before SESSION_REVALIDATE is over, in the background, for a user who keeps coming', async () => {
  const { browser } = await logIn(app);
  ahead += 4.5 * minute;
  expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
  await until(() => count('user_verified') > 0);
  ahead += 4 * minute;
  const asked = app.sandbox.ledger().length;
  expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
  expect(app.sandbox.ledger()).toHaveLength(asked);
});

test('a user who is logged in stays logged in while LaunchDarkly is down for an hour, and afterwards', async () => {
  const { browser } = await logIn(app);
  for (const fault of ['http_503', 'connection_dropped', 'html_502'] as const) {
    app.sandbox.setFaults([{ endpoint: '*', fault }]);
    for (let step = 0; step < 4; step++) {
      ahead += 5 * minute;
      expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
    }
  }
  expect(count('session_kept')).toBe(12);
  expect(count('tokens_refreshed')).toBe(0);

  app.sandbox.setFaults([]);
  ahead += 5 * minute;
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
  expect(count('tokens_refreshed')).toBe(1);
  expect((await browser.visit(`${app.url}/projects`)).body).toContain('Storefront');
});

test('a refresh that LaunchDarkly answers slowly keeps nobody waiting for long, and is not sent twice', async () => {
  const { browser } = await logIn(app);
  app.sandbox.setFault({ endpoint: 'refresh', fault: 'slow', delayMs: 4000 });
  ahead += 60 * minute;
  const started = realNow();
  const answers = await Promise.all(Array.from({ length: 5 }, () => whoAmI(app, browser)));
  expect(answers).toEqual(Array.from({ length: 5 }, () => ({ status: 200, email: ariel.email })));
  expect(realNow() - started).toBeLessThan(4000);
  await until(() => count('tokens_refreshed') > 0);
  expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
  expect(app.sandbox.ledger().filter(({ endpoint }) => endpoint === 'refresh')).toHaveLength(1);
});

test('a login ends at SESSION_MAX although LaunchDarkly is down, and at SESSION_IDLE when nobody comes', async () => {
  const { browser } = await logIn(app);
  app.sandbox.setFaults([{ endpoint: '*', fault: 'http_503' }]);
  for (let hours = 0; hours < 7 * 24 - 4; hours += 4) {
    ahead += 4 * 60 * minute;
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
  }
  ahead += 4 * 60 * minute;
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });

  app.sandbox.setFaults([]);
  const { browser: other } = await logIn(app);
  ahead += 8 * 60 * minute;
  expect(await whoAmI(app, other)).toEqual({ status: 401 });
});
