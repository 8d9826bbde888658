import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { selfSigned } from '../support/certificates.ts';
import { describeInChromium } from '../support/chromium.ts';
import { startBelowSubPath } from '../support/sub-path-proxy.ts';
import { ariel } from '../support/test-app.ts';
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
      const wrong: string[] = [];
      page.on('response', (response) => {
        if (response.status() >= 400) wrong.push(`${response.status()} ${response.url()}`);
      });
      page.on('console', (message) => {
        if (message.type() === 'error') wrong.push(message.text());
      });
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
