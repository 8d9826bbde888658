import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { sessionEngines } from '../support/session-engines.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn, startTestApp, whoAmI } from '../support/test-app.ts';
import { until } from '../support/until.ts';

const hour = 3_600_000;
const realNow = Date.now;

describe.each(Object.entries(await sessionEngines()))('with sessions in %s', (_engine, setting) => {
  let app: TestApp;
  let ahead = 0;

  beforeEach(async () => {
    ahead = 0;
    jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
    app = await startTestApp({ env: { SESSION_STORE: setting } });
  });
  afterEach(async () => {
    await app.close();
    jest.restoreAllMocks();
  });

  /** Resolves when the sandbox has been asked for this, and takes its time to answer. */
  async function asked(endpoint: string): Promise<void> {
    await until(() => app.sandbox.ledger().some((entry) => entry.endpoint === endpoint));
  }

  test('a logout holds although it overtakes a refresh', async () => {
    const { browser, page } = await logIn(app);
    const cookie = browser.cookieHeader(app.url);
    app.sandbox.setFault({ endpoint: 'refresh', fault: 'slow', delayMs: 1500 });
    ahead = hour;
    const late = whoAmI(app, browser);
    await asked('refresh');
    await browser.press(page, 'Log out');
    await late;
    const copied = await new Browser().request(`${app.url}/api/me`, { headers: { cookie } });
    expect(copied.status).toBe(401);
  });

  test('a logout holds although it overtakes a check of who the member is', async () => {
    const { browser, page } = await logIn(app);
    const cookie = browser.cookieHeader(app.url);
    app.sandbox.clearLedger();
    app.sandbox.setFault({ endpoint: 'caller-identity', fault: 'slow', delayMs: 1500 });
    ahead = hour / 6;
    const late = whoAmI(app, browser);
    await asked('caller-identity');
    await browser.press(page, 'Log out');
    await late;
    const copied = await new Browser().request(`${app.url}/api/me`, { headers: { cookie } });
    expect(copied.status).toBe(401);
  });

  test('a logout holds although it overtakes a page that waits for LaunchDarkly and then gets new tokens', async () => {
    const { browser, page } = await logIn(app);
    const cookie = browser.cookieHeader(app.url);
    app.sandbox.setFault({ endpoint: 'projects', fault: 'revoked_token', times: 1, delayMs: 1500 });
    const late = browser.request(`${app.url}/projects`);
    await asked('projects');
    await browser.press(page, 'Log out');
    await late;
    const copied = await new Browser().request(`${app.url}/api/me`, { headers: { cookie } });
    expect(copied.status).toBe(401);
  });
});
