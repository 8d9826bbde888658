import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Browser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ada, ariel, logIn, startTestApp, whoAmI } from '../support/test-app.ts';
import { until } from '../support/until.ts';

/* Which tokens are handed back to LaunchDarkly, and which are not. */

let app: TestApp;
/** A revocation is sent before the page is: longer than it takes, in milliseconds. */
const aMoment = 300;

const revocations = () => app.sandbox.ledger().filter(({ endpoint }) => endpoint === 'revoke').length;

beforeEach(async () => {
  app = await startTestApp({ env: { LD_ALLOWED_ROLES: 'reader,admin' } });
});
afterEach(async () => {
  await app.close();
});

const logOut = (browser: Browser) =>
  browser.request(`${app.url}/auth/logout`, { method: 'POST', headers: { origin: app.url } });

test('a logout revokes the refresh token and the access token', async () => {
  const { browser } = await logIn(app);
  expect(revocations()).toBe(0);
  expect((await logOut(browser)).status).toBe(303);
  await until(() => revocations() === 2);
});

test('a logout revokes the access token although the call for the refresh token fails', async () => {
  const { browser } = await logIn(app);
  app.sandbox.setFault({ endpoint: 'revoke', fault: 'http_500', times: 1 });
  await logOut(browser);
  // The one that fails, the access token, and the one that failed once more.
  await until(() => revocations() === 3);
  expect(app.log().filter(({ event }) => event === 'revocation_failed')).toEqual([]);
});

test('a logout that LaunchDarkly does not let revoke anything is told in the log', async () => {
  const { browser } = await logIn(app);
  app.sandbox.setFault({ endpoint: 'revoke', fault: 'http_500' });
  expect((await logOut(browser)).status).toBe(303);
  await app.logged({ event: 'revocation_failed' });
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
});

test('a login as somebody else revokes the tokens of the login that it replaces', async () => {
  const { browser } = await logIn(app, { as: ariel.email });
  await logIn(app, { browser, as: ada.email });
  await until(() => revocations() === 2);
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ada.email });
});

test('a member who logs in again keeps what the earlier login was given', async () => {
  const { browser } = await logIn(app);
  await logIn(app, { browser });
  await sleep(aMoment);
  expect(revocations()).toBe(0);
});

test('a login of somebody who may not enter revokes its tokens', async () => {
  app.sandbox.changePersona(ariel.email, { role: 'writer' });
  const { page } = await logIn(app);
  expect(page.status).toBe(403);
  await until(() => revocations() === 2);
});

test.each([
  ['caller-identity', 'http_503'],
  ['members', 'http_500'],
  ['caller-identity', 'connection_dropped'],
  ['members', 'html_200'],
  ['caller-identity', 'rate_limited'],
] as const)(
  "a login that fails for trouble (%s: %s) revokes nothing: that might end the member's other sessions",
  async (endpoint, fault) => {
    app.sandbox.setFault({ endpoint, fault });
    const { page } = await logIn(app);
    expect(page.status).toBeGreaterThanOrEqual(500);
    await sleep(aMoment);
    expect(revocations()).toBe(0);
  },
);
