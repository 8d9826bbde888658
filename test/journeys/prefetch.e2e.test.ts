import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInChromium } from '../support/chromium.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
});
afterAll(() => app.close());

describeInChromium('a link that Chromium fetches ahead', (openPage) => {
  test.each([
    ['prefetch', '/auth/login?returnTo=%2Faccount'],
    ['prefetch', '/account'],
    ['prerender', '/auth/login?returnTo=%2Faccount'],
    ['prerender', '/account'],
  ])('by %s of %s starts no login, and the click on it does', async (kind, href) => {
    // The app's own policy allows no inline speculation rules; another app's pages may have some.
    const page = await openPage({ bypassCSP: true });
    await page.goto(app.url);
    const seen = app.log().length;
    await fetchAhead(page, kind, href);
    await until(() => loginAnswers(seen).length > 0);
    expect(loginAnswers(seen)).toEqual([403]);
    expect(await page.context().cookies(app.url)).toEqual([]);

    await page.click('#ahead');
    await page.getByRole('button', { name: ariel.email }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.waitForURL(`${app.url}/account`);
    expect(await page.content()).toContain(ariel.email);
  });
});

function loginAnswers(since: number): unknown[] {
  return app
    .log()
    .slice(since)
    .filter(({ path }) => path === '/auth/login')
    .map(({ status }) => status);
}

/** Puts a link on the page, and the rule that makes Chromium fetch it at once. */
async function fetchAhead(page: Page, kind: string, href: string): Promise<void> {
  const rules = JSON.stringify({ [kind]: [{ urls: [href], eagerness: 'immediate' }] });
  await page.evaluate(`{
    const link = Object.assign(document.createElement('a'), { id: 'ahead', href: ${JSON.stringify(href)}, textContent: 'Ahead' });
    const script = Object.assign(document.createElement('script'), { type: 'speculationrules', textContent: ${JSON.stringify(rules)} });
    document.body.prepend(link);
    document.head.append(script);
  }`);
}
