import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { describeInChromium, withBackForwardCache } from '../support/chromium.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { describeWith } from '../support/when-installed.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
});
afterAll(() => app.close());

async function logIn(page: Page): Promise<void> {
  await page.goto(`${app.url}/account`);
  await page.getByRole('button', { name: ariel.email }).click();
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.waitForURL(`${app.url}/account`);
}

async function logOut(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.waitForURL(`${app.url}/logged-out`);
}

/** Opens a page that can tell whether it comes from the back/forward cache. */
async function watched(page: Page): Promise<Page> {
  await page.addInitScript("addEventListener('pageshow', ({ persisted }) => { window.restored = persisted; })");
  return page;
}

interface Shown {
  /** Whether the browser took the page from its back/forward cache. */
  readonly restored: boolean;
  readonly url: string;
  readonly text: string;
}

/** Goes Back by so many pages, and on to wherever that leads. */
async function goBack(page: Page, pages = 1): Promise<Shown> {
  const from = page.url();
  await page.evaluate(`void setTimeout(() => history.go(-${pages}))`);
  const look = '({ restored: window.restored, url: location.href, text: document.body.textContent })';
  let shown: Shown | undefined;
  await until(
    async () => {
      shown = await page.evaluate<Shown>(look).catch(() => undefined);
      return shown?.restored !== undefined && shown.url !== from;
    },
    { everyMs: 50 },
  );
  return shown as Shown;
}

/** Nothing of the app may show the member again. */
async function expectNothingBehind(page: Page, pages?: number): Promise<void> {
  const { restored, url, text } = await goBack(page, pages);
  expect({ restored, shown: url.startsWith(app.url) && text.includes(ariel.name) }).toEqual({
    restored: false,
    shown: false,
  });
}

describeInChromium(
  'with the back/forward cache on',
  (openPage) => {
    test('the browser keeps a page while somebody is logged in', async () => {
      const page = await watched(await openPage());
      await logIn(page);
      // Chromium may drop a page at any time, such as when memory is short: so several attempts.
      let restored = false;
      for (let attempt = 0; attempt < 5 && !restored; attempt += 1) {
        for (const path of ['/projects', '/button']) await page.goto(app.url + path);
        ({ restored } = await goBack(page));
        expect(page.url()).toBe(`${app.url}/projects`);
      }
      expect(restored).toBe(true);
      await page.context().close();
    });

    test.each(['/account', '/projects', '/'])('Back after a logout does not show %s again', async (path) => {
      const page = await watched(await openPage());
      await logIn(page);
      await page.goto(app.url + path);
      await logOut(page);
      await expectNothingBehind(page);
      await page.context().close();
    });

    test('going back by several pages after a logout shows none of them again', async () => {
      const page = await watched(await openPage());
      await logIn(page);
      for (const path of ['/projects', '/account', '/button']) await page.goto(app.url + path);
      await logOut(page);
      await expectNothingBehind(page, 2);
      await page.context().close();
    });

    test('nor does going back to the page that the login led to', async () => {
      const page = await watched(await openPage());
      await logIn(page);
      await page.goto(`${app.url}/button`);
      await logOut(page);
      await expectNothingBehind(page, 2);
      await page.context().close();
    });

    test('Back in another tab does not show the account of somebody who has logged out', async () => {
      const page = await openPage();
      const other = await watched(await page.context().newPage());
      await logIn(page);
      await other.goto(`${app.url}/account`);
      await other.goto(`${app.url}/button`);
      await logOut(page);
      await expectNothingBehind(other);
      await page.context().close();
    });

    test('Back does not show the account of a member who was removed and has been told so', async () => {
      const page = await watched(await openPage());
      await logIn(page);
      await page.goto(`${app.url}/projects`);
      app.sandbox.changePersona(ariel.email, { removed: true });
      try {
        await page.goto(`${app.url}/projects`);
        await expectNothingBehind(page);
      } finally {
        app.sandbox.changePersona(ariel.email, { removed: false });
      }
      await page.context().close();
    });
  },
  withBackForwardCache,
);

describeWith('chromium', 'chromium', 'a browser that is started again', (executablePath) => {
  test('has no session cookie left after a logout, and its restored tab asks for a login', async () => {
    const profile = await mkdtemp(path.join(tmpdir(), 'chromium-'));
    const launch = { executablePath, args: ['--no-sandbox'], ignoreHTTPSErrors: true, ...withBackForwardCache };
    const open = () => chromium.launchPersistentContext(profile, launch);
    try {
      const first = await open();
      const page = await first.newPage();
      await logIn(page);
      await logOut(page);
      await first.close();
      const second = await open();
      expect((await second.cookies(app.url)).filter(({ name }) => name.includes('session'))).toEqual([]);
      const tab = await second.newPage();
      await tab.goto(`${app.url}/account`);
      expect(tab.url()).toContain(app.sandbox.url);
      await second.close();
    } finally {
      await rm(profile, { recursive: true, force: true });
    }
  });
});
