import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { selfSigned } from '../support/certificates.ts';
import { describeInChromium } from '../support/chromium.ts';
import { startBelowSubPath } from '../support/sub-path-proxy.ts';
import { ariel, startTestApp, type TestApp } from '../support/test-app.ts';
import { describeWith } from '../support/when-installed.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
});
afterAll(() => sandbox.close());

describeWith('nginx', 'nginx', 'below a path that nginx removes', (executable) => {
  let site: Awaited<ReturnType<typeof startBelowSubPath>>;
  beforeAll(async () => {
    site = await startBelowSubPath({ executable, sandbox, pair: await selfSigned('localhost'), prefix: 'removed' });
  });
  afterAll(() => site?.close());

  describeInChromium('somebody at a browser', (openPage) => {
    test('logs in, walks through the pages and logs out; every style, script and image is there', async () => {
      const page = await openPage();
      const wrong = watchForErrors(page);
      await page.goto(`${site.url}/`);
      await page.getByRole('link', { name: 'Log in with LaunchDarkly' }).click();
      await page.getByRole('button', { name: ariel.email }).click();
      await page.getByRole('button', { name: 'Authorize' }).click();
      await page.waitForURL(`${site.url}/`);
      for (const name of ['Account', 'Projects', 'Flow inspector', 'Button kit']) {
        await page.getByRole('navigation').getByRole('link', { name }).click();
        await page.locator('[aria-current="page"]').getByText(name).waitFor();
        expect(page.url()).toContain(`${site.url}/`);
      }
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL(`${site.url}/logged-out`);
      await page.getByRole('link', { name: 'Home' }).click();
      await page.waitForURL(`${site.url}/`);
      expect(await page.evaluate('getComputedStyle(document.querySelector(".ld-button")).display')).not.toBe('inline');
      expect(wrong).toEqual([]);
      await page.context().close();
    });
  });
});

describe.each(['https', 'http'] as const)('below a path, over %s and without a proxy', (scheme) => {
  let app: TestApp;
  let home: string;
  beforeAll(async () => {
    app = await startTestApp({
      ...{ scheme, callbackPath: '/sub/auth/callback' },
      sandbox: { switches: { httpLocalhostRedirectUris: true } },
    });
    home = `${app.url}/sub`;
  });
  afterAll(() => app?.close());

  describeInChromium('somebody at a browser', (openPage) => {
    test('does the tutorial and an experiment, follows the strip, starts over and logs in again', async () => {
      const page = await openPage();
      const wrong = watchForErrors(page);
      const logIn = async () => {
        await page.getByRole('main').getByRole('link', { name: 'Log in with LaunchDarkly' }).first().click();
        await page.getByRole('button', { name: ariel.email }).click();
        await page.getByRole('button', { name: 'Authorize' }).click();
      };
      await page.goto(`${home}/`);
      await page.getByRole('link', { name: 'Tutorial', exact: true }).click();
      for (let step = 1; step <= 2; step++) await page.getByRole('link', { name: /^Next: / }).click();
      await logIn();
      await page.waitForURL(`${home}/tutorial?step=2`);
      await page.getByRole('heading', { name: 'In your last login' }).waitFor();
      await page.locator('figcaption a').first().click();
      await page.locator('.source li:target').waitFor();
      await page.goto(`${home}/tutorial`);
      await page.getByRole('link', { name: 'All messages' }).click();
      await page.waitForURL(({ href }) => href.startsWith(`${home}/flow?flow=`));

      await page.getByRole('link', { name: 'Try to break it' }).click();
      await page.locator('#wrong-state button').first().click();
      await page.getByRole('heading', { name: 'What happened' }).waitFor();
      await page.getByRole('link', { name: 'login_unknown' }).first().click();
      await page.waitForURL(`${home}/troubleshooting#login_unknown`);

      for (const name of ['Break something', 'Request log']) {
        await page.getByRole('complementary').getByRole('link', { name }).click();
        expect(page.url()).toContain(app.sandbox.url);
        await page.goto(`${home}/`);
      }
      await page.getByRole('complementary').getByRole('link', { name: 'Start over' }).click();
      await page.getByRole('main').getByRole('button').first().click();
      await page.waitForLoadState();
      await page.getByRole('link', { name: 'Test app' }).first().click();
      await page.waitForURL(`${home}/`, { timeout: 10_000 });
      await page.getByRole('button', { name: 'Log out' }).click();
      await page.waitForURL(`${home}/logged-out`);
      await logIn();
      await page.waitForURL(`${home}/`);
      await page.getByText("You're in.").waitFor();
      expect(wrong).toEqual([]);
      await page.context().close();
    });
  });
});

/** What goes wrong on the page from now on: answers with an error status, and errors on its console. */
function watchForErrors(page: Page): readonly string[] {
  const wrong: string[] = [];
  page.on('response', (response) => {
    if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
  });
  page.on('console', (message) => {
    if (message.type() === 'error') wrong.push(message.text());
  });
  return wrong;
}
