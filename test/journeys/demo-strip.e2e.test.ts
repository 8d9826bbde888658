import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeInChromium } from '../support/chromium.ts';
import { ariel, startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

describeInChromium('with a sandbox on this machine', (openPage) => {
  test('every page says who plays LaunchDarkly and leads to its controls', async () => {
    const page = await openPage({ javaScriptEnabled: false });
    for (const path of [
      '/',
      '/button',
      '/flow',
      '/tutorial',
      '/logged-out',
      '/nowhere',
      '/auth/callback?code=x&state=y',
    ]) {
      await page.goto(app.url + path);
      const strip = page.getByRole('complementary', { name: 'Demo' });
      expect(await strip.textContent()).toContain('A sandbox on this computer plays LaunchDarkly.');
      const targets = await strip
        .getByRole('link')
        .evaluateAll((links) => links.map((link) => link.getAttribute('href')));
      expect(targets).toEqual(
        ['/__sandbox/faults', '/__sandbox/ledger', '/__sandbox/confirm?action=reset-kept'].map(
          (to) => app.sandbox.url + to,
        ),
      );
    }
    await page.getByRole('link', { name: 'Break something' }).click();
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(page.url()).toBe(`${app.sandbox.url}/__sandbox/faults`);
    await page.context().close();
  });

  test('a failure that is switched on is named on every page, the failure page it causes among them', async () => {
    const page = await openPage();
    app.sandbox.setFaults([{ endpoint: 'token', fault: 'invalid_grant' }]);
    await page.goto(`${app.url}/auth/login`);
    await page.getByRole('button', { name: ariel.email }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.getByText('code_rejected').first().waitFor();
    expect(await page.getByRole('complementary').textContent()).toContain('1 failure is switched on');
    app.sandbox.setFaults([]);
    await page.goto(app.url);
    expect(await page.getByRole('complementary').textContent()).not.toContain('switched on');
    await page.context().close();
  });

  test('the first page after a login says what to do next', async () => {
    const page = await openPage();
    await page.goto(`${app.url}/auth/login`);
    await page.getByRole('button', { name: ariel.email }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.getByRole('heading', { name: "You're in. Next:" }).waitFor();
    const next = page.locator('.next li');
    expect(await next.locator('a').evaluateAll((links) => links.map((link) => link.getAttribute('href')))).toEqual([
      '/flow',
      '/tutorial/experiments',
      '/tutorial',
    ]);
    await page.context().close();
  });

  test('a sandbox that was stopped is named, with the way to start it', async () => {
    const lonely = await startTestApp();
    const page = await openPage();
    try {
      await lonely.sandbox.close();
      await page.goto(lonely.url);
      expect(await page.getByRole('complementary').textContent()).toContain('The sandbox does not answer');
      await page.getByRole('main').getByRole('link', { name: 'Log in with LaunchDarkly' }).click();
      await page.getByRole('heading', { name: 'LaunchDarkly is unreachable' }).waitFor();
      await page.getByRole('link', { name: 'Home', exact: true }).click();
      await page.waitForURL(`${lonely.url}/`);
    } finally {
      await page.context().close();
      await lonely.close();
    }
  });

  test('without the flow inspector there is neither strip nor tutorial, and the sandbox is asked nothing', async () => {
    const plain = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
    const page = await openPage();
    try {
      await page.goto(plain.url);
      expect(await page.getByRole('complementary').count()).toBe(0);
      expect((await page.goto(`${plain.url}/tutorial`))?.status()).toBe(404);
    } finally {
      await page.context().close();
      await plain.close();
    }
  });
});
