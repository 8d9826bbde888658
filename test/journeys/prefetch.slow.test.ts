import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, authorize, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
});
afterAll(() => app.close());

const guesses: readonly Record<string, string>[] = [
  { 'sec-purpose': 'prefetch' },
  { 'sec-purpose': 'prefetch;prerender' },
  { 'sec-purpose': 'prefetch;anonymous-client-ip' },
  { purpose: 'prefetch' },
  { 'x-moz': 'prefetch' },
];

describe.each(guesses)('a browser that fetches ahead and says so by %j', (headers) => {
  test('starts no login', async () => {
    const browser = new Browser();
    const page = await browser.request(`${app.url}/auth/login`, { headers });
    expectRefused(page);
    expect(page.location).toBeUndefined();
    expect(browser.cookies(app.url).size).toBe(0);
  });

  test('spends neither the code nor the transaction of a callback', async () => {
    const { browser, callback } = await authorize(app, { returnTo: '/account' });
    expectRefused(await browser.request(callback.href, { headers }));
    const page = await browser.visit(callback.href);
    expect(page.url).toBe(`${app.url}/account`);
    expect(page.body).toContain(ariel.email);
  });

  test('logs nobody out', async () => {
    const { browser } = await logIn(app);
    expectRefused(await browser.request(`${app.url}/auth/logout`, { method: 'POST', headers }));
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
  });
});

test('a HEAD request, as link checkers send it, spends nothing either', async () => {
  const { browser, callback } = await authorize(app);
  const before = browser.cookieHeader(app.url);
  const page = await browser.request(callback.href, { method: 'HEAD' });
  expect(page.status).toBe(204);
  expect(browser.cookieHeader(app.url)).toBe(before);
  expect((await browser.visit(callback.href)).body).toContain(ariel.email);
});

test('a callback at the path of the home page refuses guesses, the home page does not', async () => {
  const atRoot = await startTestApp({ callbackPath: '/', env: { FLOW_INSPECTOR: 'off' } });
  try {
    const headers = { 'sec-purpose': 'prefetch' };
    expect((await new Browser().request(`${atRoot.url}/`, { headers })).status).toBe(200);
    const { browser, callback } = await authorize(atRoot, { returnTo: '/account' });
    expectRefused(await browser.request(callback.href, { headers }));
    expect((await browser.visit(callback.href)).url).toBe(`${atRoot.url}/account`);
  } finally {
    await atRoot.close();
  }
});

/** Neither a success, which Chromium would show at the click, nor something that is kept. */
function expectRefused({ status, headers }: { status: number; headers: Headers }): void {
  expect(status).toBe(403);
  expect(headers.get('cache-control')).toBe('no-store');
  expect(headers.getSetCookie()).toEqual([]);
}
