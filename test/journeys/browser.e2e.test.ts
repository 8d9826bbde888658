import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInChromium, describeInChromiumSetTo } from '../support/chromium.ts';
import type { HttpTestServer } from '../support/http-server.ts';
import { startHttpServer } from '../support/http-server.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, startTestApp } from '../support/test-app.ts';

/*
 * The app is https://localhost and its LaunchDarkly http://127.0.0.1: two sites, as in earnest, so every cookie rule
 * of a real login is at work.
 */

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
});
afterAll(() => app.close());

async function logIn(page: Page, url = `${app.url}/account`): Promise<void> {
  await page.goto(url);
  await page.getByRole('button', { name: ariel.email }).click();
  await page.getByRole('button', { name: 'Authorize' }).click();
}

async function logInSafely(page: Page): Promise<void> {
  await logIn(page);
  await page.waitForURL(`${app.url}/account`);
}

/** The address of the callback that this page went through. */
function callbackOf(page: Page): Promise<string> {
  const isCallback = (url: string) => url.startsWith(`${app.url}/auth/callback`);
  return new Promise((resolve) => {
    page.on('request', (request) => isCallback(request.url()) && resolve(request.url()));
  });
}

describeInChromium('in a real browser', (openPage) => {
  test('the callback can be opened and reloaded again after the login, and shows no error', async () => {
    const page = await openPage();
    const callback = callbackOf(page);
    await logInSafely(page);
    const url = await callback;
    for (const go of [() => page.goto(url), () => page.reload(), () => page.goto(url)]) {
      await go();
      expect(page.url()).toBe(`${app.url}/account`);
      expect(await page.getByRole('main').textContent()).toContain(ariel.email);
    }
    await page.context().close();
  });

  test('a callback that fails can be reloaded and still explains itself', async () => {
    const page = await openPage();
    await page.goto(`${app.url}/auth/callback?code=x&state=y`);
    await page.reload();
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBeTruthy();
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('button', { name: ariel.email }).waitFor();
    await page.context().close();
  });

  test('a user who types 127.0.0.1 instead of localhost can log in too', async () => {
    const page = await openPage();
    await logIn(page, `${app.url.replace('localhost', '127.0.0.1')}/account`);
    await page.waitForURL(`${app.url}/account`);
    await page.context().close();
  });

  test('another site can neither log anybody out nor show the app in a frame', async () => {
    const page = await openPage();
    await logInSafely(page);
    const evil = await startEvilSite();
    try {
      await page.goto(evil.url);
      await page.getByRole('button', { name: 'Win' }).click();
      await page.waitForURL(`${app.url}/auth/logout`);
      expect(await page.getByRole('main').textContent()).toContain('cross_site_request');

      await page.goto(evil.url);
      const [frame] = page.frames().slice(1);
      expect(await frame?.locator('body').textContent()).not.toContain(ariel.email);

      await page.goto(`${app.url}/account`);
      expect(await page.getByRole('main').textContent()).toContain(ariel.email);
    } finally {
      await evil.close();
      await page.context().close();
    }
  });

  test('the own Log out button passes the check that keeps other sites out', async () => {
    const page = await openPage();
    await logInSafely(page);
    await page.goto(app.url);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${app.url}/logged-out`);
    await page.context().close();
  });
});

describeInChromiumSetTo(
  { profile: { default_content_setting_values: { cookies: 2 } } },
  'with cookies switched off',
  (openPage) => {
    test('the login explains that, and does not loop', async () => {
      const page = await openPage();
      await logIn(page);
      await page.getByText('cookies_missing').first().waitFor();
      expect(await page.getByRole('main').textContent()).toContain('Cookies are blocked');
      expect(await page.context().cookies()).toEqual([]);
      await page.context().close();
    });
  },
);

describeInChromiumSetTo(
  { profile: { cookie_controls_mode: 1, block_third_party_cookies: true } },
  'with third-party cookies blocked',
  (openPage) => {
    test('a login works: no cookie of it is a third party’s', async () => {
      const page = await openPage();
      await expectThirdPartyCookiesBlocked(page);
      await logInSafely(page);
      expect(await page.getByRole('main').textContent()).toContain(ariel.email);
      await page.context().close();
    });
  },
);

/** A frame of another site can keep none. */
async function expectThirdPartyCookiesBlocked(page: Page): Promise<void> {
  const sites = await startHttpServer(({ path, headers }, response) => {
    const framed = `<iframe src="http://localhost:${headers.host?.split(':')[1]}/frame"></iframe>`;
    response.setHeader('content-type', 'text/html');
    response.end(`<!DOCTYPE html><title>Sites</title>${path === '/' ? framed : 'framed'}`);
  });
  await page.goto(sites.url);
  const [frame] = page.frames().slice(1);
  await frame?.waitForLoadState();
  const third = "document.cookie = 'third=party; SameSite=None; Secure', document.cookie";
  expect(await frame?.evaluate(third)).toBe('');
  await sites.close();
}

/** A page of another site with a form that posts to the logout, and the app in a frame. */
function startEvilSite(): Promise<HttpTestServer> {
  return startHttpServer((_request, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(`<!DOCTYPE html><title>Evil</title>
<form method="post" action="${app.url}/auth/logout"><button>Win</button></form>
<iframe src="${app.url}/account"></iframe>`);
  });
}
