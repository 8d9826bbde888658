import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { describeInChromium } from '../support/chromium.ts';
import type { TestApp } from '../support/test-app.ts';
import { startTestApp } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

const writer = 'will.writer@acme.example';

async function logIn(page: Page, email = writer): Promise<void> {
  await page.goto(app.url);
  await page.getByRole('link', { name: 'Log in with LaunchDarkly' }).click();
  await page.getByRole('button', { name: email }).click();
  await page.getByRole('button', { name: 'Authorize' }).click();
  await page.waitForURL(`${app.url}/**`);
}

/** Presses Tab until the wanted element has the focus, as somebody without a mouse would; then presses Enter. */
async function tabToAndPress(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 40; presses++) {
    await page.keyboard.press('Tab');
    const focused = await page.evaluate<{ text: string; visible: boolean }>(`(() => {
      const { activeElement: element } = document;
      const { outlineStyle, outlineWidth } = getComputedStyle(element);
      const { width, height } = element.getBoundingClientRect();
      return { text: element.textContent, visible: outlineStyle !== 'none' && outlineWidth !== '0px' && width * height > 0 };
    })()`);
    expect(focused).toEqual(expect.objectContaining({ visible: true }));
    if (focused.text.includes(name)) return page.keyboard.press('Enter');
  }
  throw new Error(`No way to "${name}" by the Tab key.`);
}

describeInChromium('somebody at a browser', (openPage) => {
  test('logs in by the button and sees their own name, e-mail, role and account', async () => {
    const page = await openPage();
    await logIn(page);
    const facts = await page.getByRole('main').textContent();
    for (const text of ['Will Okafor', writer, 'writer']) expect(facts).toContain(text);
    await page.context().close();
  });

  test('logs in by keyboard alone, and always sees where they are', async () => {
    const page = await openPage();
    await page.goto(app.url);
    await tabToAndPress(page, 'Log in with LaunchDarkly');
    await page.waitForURL(`${app.sandbox.url}/**`);
    await tabToAndPress(page, writer);
    await page.getByRole('button', { name: 'Authorize' }).waitFor();
    await tabToAndPress(page, 'Authorize');
    await page.waitForURL(`${app.url}/`);
    await tabToAndPress(page, 'Log out');
    await page.waitForURL(`${app.url}/logged-out`);
    await page.context().close();
  });

  test('logs in without JavaScript', async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await logIn(page);
    expect(await page.getByRole('main').textContent()).toContain(writer);
    await page.context().close();
  });

  test('who asks for a protected page comes back to it after the login', async () => {
    const page = await openPage();
    await page.goto(`${app.url}/projects?sort=name`);
    await page.getByRole('button', { name: writer }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.waitForURL(`${app.url}/projects?sort=name`);
    expect(await page.getByRole('heading', { level: 1 }).textContent()).toBe('Projects');
    await page.context().close();
  });

  test('who logs out is told what has ended, and the back button shows nothing any more', async () => {
    const page = await openPage();
    await logIn(page);
    await page.goto(`${app.url}/account`);
    await page.getByRole('button', { name: 'Log out' }).click();
    await page.waitForURL(`${app.url}/logged-out`);
    expect(await page.getByRole('main').textContent()).toContain('The sandbox asks who you are at every login');
    await page.goBack();
    expect(page.url()).not.toBe(`${app.url}/account`);
    await page.context().close();
  });

  test('who goes back to the sign-in pages after the login, and on again, stays logged in', async () => {
    const page = await openPage();
    await logIn(page);
    await page.goBack();
    await page.goForward();
    await page.reload();
    expect(await page.getByRole('main').textContent()).toContain(writer);
    await page.context().close();
  });

  test('with two logins in two tabs ends logged in in both', async () => {
    const first = await openPage();
    const second = await first.context().newPage();
    for (const page of [first, second]) {
      await page.goto(`${app.url}/auth/login?returnTo=/account`);
    }
    for (const page of [first, second]) {
      await page.getByRole('button', { name: writer }).click();
      await page.getByRole('button', { name: 'Authorize' }).click();
      await page.waitForURL(`${app.url}/account`);
    }
    await first.context().close();
  });

  test('who cancels is told so kindly, and gets to where they were going by trying again', async () => {
    const page = await openPage();
    await page.goto(`${app.url}/auth/login?returnTo=/account`);
    await page.getByRole('button', { name: writer }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.waitForURL(`${app.url}/**`);
    expect(await page.getByRole('alert').textContent()).toContain('You cancelled the login');
    await page.getByRole('link', { name: 'Try again' }).click();
    await page.getByRole('button', { name: writer }).click();
    await page.getByRole('button', { name: 'Authorize' }).click();
    await page.waitForURL(`${app.url}/account`);
    await page.context().close();
  });

  test('who cancelled can look where the login stopped, and why', async () => {
    const page = await openPage();
    await page.goto(`${app.url}/auth/login`);
    await page.getByRole('button', { name: writer }).click();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('link', { name: 'See where it stopped' }).click();
    expect(await page.getByRole('alert').textContent()).toContain('You cancelled the login');
    expect(await page.locator('#step-2').textContent()).toContain('It failed here');
    await page.context().close();
  });

  test('can copy the button’s style sheet, and hears that it worked', async () => {
    const page = await openPage({ permissions: ['clipboard-read', 'clipboard-write'] });
    await page.goto(`${app.url}/button`);
    await page.getByRole('button', { name: 'Copy launchdarkly-button.css' }).click();
    await page.getByRole('status').getByText('Copied').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toContain('.ld-button {');
    await page.context().close();
  });

  test('no page breaks its own content security policy', async () => {
    const page = await openPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    await logIn(page);
    for (const path of ['/', '/account', '/projects', '/flow', '/button', '/troubleshooting']) {
      await page.goto(app.url + path);
    }
    expect(complaints).toEqual([]);
    await page.context().close();
  });
});
