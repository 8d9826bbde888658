import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInChromium } from '../support/chromium.ts';
import { read } from '../support/documents.ts';
import { ariel, startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

const titles = [...read('docs/tutorial.md').matchAll(/^## \d+\. (.*)$/gm)].map(([, title = '']) => title);

describeInChromium('the tutorial', (openPage) => {
  test('leads through every step of docs/tutorial.md without JavaScript, to what to take home', async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await page.goto(`${app.url}/tutorial`);
    for (const [index, title] of titles.entries()) {
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(title);
      expect(await page.getByRole('navigation', { name: 'Steps' }).locator('[aria-current]').textContent()).toBe(title);
      if (index < titles.length - 1) await page.getByRole('link', { name: /^Next: / }).click();
    }
    expect(await page.getByRole('main').textContent()).toContain('launchdarkly-sandbox');
    await page.getByRole('link', { name: 'Take the button' }).click();
    await page.waitForURL(`${app.url}/button`);
    await page.context().close();
  });

  test('shows the real messages of the login that one of its buttons started, and comes back to the same step', async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await openStep(page, 'The token request');
    expect(await page.getByRole('main').textContent()).toContain('Nothing yet.');
    await page.getByRole('main').getByRole('link', { name: 'Log in with LaunchDarkly' }).click();
    await page.getByRole('button', { name: ariel.email }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.getByRole('heading', { level: 1, name: 'The token request' }).waitFor();
    const main = page.getByRole('main');
    expect(await main.textContent()).toContain(`POST ${app.sandbox.url}/trust/oauth/token`);
    expect(await main.textContent()).toMatch(/code_verifier\s*[\w-]{3}…\(43\)/);
    expect(await main.textContent()).not.toContain(app.clientSecret);
    await page.goto(app.url);
    await page.getByRole('link', { name: 'Tutorial', exact: true }).click();
    await page.getByRole('heading', { level: 1, name: 'The token request' }).waitFor();
    await page.context().close();
  });

  test('links its code to the very lines', async () => {
    const page = await openPage();
    for (const title of titles.slice(0, -1)) {
      await openStep(page, title);
      for (const link of await page.locator('figcaption a').all()) {
        expect(await link.getAttribute('href')).toMatch(/^\/tutorial\/source\?file=src\/[\w/-]+\.ts#line-\d+$/);
      }
      expect(await page.locator('figcaption a').count()).toBeGreaterThan(0);
    }
    const link = page.locator('figcaption a').first();
    const quoted = (await page.locator('figure.snippet code').first().textContent()) ?? '';
    await link.click();
    expect((await page.locator('.source li:target').textContent())?.trim()).toBe(quoted.split('\n')[0]?.trim());
    await page.context().close();
  });

  test('a step that does not exist is the nearest one', async () => {
    const page = await openPage();
    for (const [asked, title] of [
      ['99', titles.at(-1)],
      ['-1', titles[0]],
      ['x', titles[0]],
    ] as const) {
      await page.goto(`${app.url}/tutorial?step=${asked}`);
      expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe(title);
    }
    await page.context().close();
  });
});

async function openStep(page: Page, title: string): Promise<void> {
  await page.goto(`${app.url}/tutorial?step=${titles.indexOf(title)}`);
}
