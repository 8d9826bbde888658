import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HtmlValidate } from 'html-validate';
import type { BrowserContext, Page } from 'playwright-core';
import type { Fault } from '../../src/sandbox/start-sandbox.ts';
import { readExperimentTexts } from '../../src/tutorial/experiment-text.ts';
import { circumstances, describeInChromium, problemsOf } from '../support/chromium.ts';
import type { TestApp } from '../support/test-app.ts';
import { startTestApp } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
  await mkdir('screenshots', { recursive: true });
});

afterAll(() => app.close());

const writer = 'will.writer@acme.example';

/** Every page: its name, and how to get there in a fresh browser. */
const pages: readonly [name: string, open: (visit: Visitor) => Promise<void>][] = [
  ['home', (visit) => visit.path('/')],
  ['button', (visit) => visit.path('/button')],
  ['flow-empty', (visit) => visit.path('/flow')],
  ['troubleshooting', (visit) => visit.path('/troubleshooting')],
  ['not-found', (visit) => visit.path('/nowhere')],
  ['tutorial', (visit) => visit.path('/tutorial?step=0')],
  ['tutorial-step', (visit) => visit.logIn('Authorize', writer, '/tutorial?step=4')],
  ['tutorial-end', (visit) => visit.path('/tutorial?step=11')],
  ['experiments', (visit) => visit.path('/tutorial/experiments')],
  ['source', (visit) => visit.path('/tutorial/source?file=src/auth/sealer.ts#line-20')],
  ['logged-out', (visit) => visit.path('/logged-out')],
  [
    'logged-out-again',
    async (visit) => {
      await visit.logIn('Authorize');
      await visit.page.getByRole('button', { name: 'Log out' }).click();
      await visit.page.waitForURL(`${app.url}/logged-out`);
    },
  ],
  ['sandbox-personas', (visit) => visit.path('/auth/login')],
  ['sandbox-consent', (visit) => visit.logIn(undefined)],
  ['cancelled', (visit) => visit.logIn('Cancel')],
  ['refused', (visit) => visit.logIn('Authorize', 'penny.pending@acme.example')],
  ['gone-client', (visit) => visit.logInWith({ endpoint: 'token', fault: 'invalid_client' })],
  ['provider-down', (visit) => visit.logInWith({ endpoint: 'token', fault: 'http_503' })],
  ['not-found-logged-in', (visit) => visit.logIn('Authorize', writer, '/nowhere')],
  ['unknown-login', (visit) => visit.path('/auth/callback?code=x&state=somebody-elses')],
  ['home-logged-in', (visit) => visit.logIn('Authorize')],
  ['account', (visit) => visit.logIn('Authorize', 'cole.custom@acme.example', '/account')],
  ['account-long-name', (visit) => visit.logIn('Authorize', 'wilhelmina', '/account')],
  ['projects', (visit) => visit.logIn('Authorize', writer, '/projects')],
  ['flow', (visit) => visit.logIn('Authorize', writer, '/flow')],
  ['flow-step', (visit) => visit.logIn('Authorize', writer, '/flow?step=4')],
  [
    'flow-failed',
    async (visit) => {
      await visit.logIn('Cancel');
      await visit.path('/flow');
    },
  ],
];

/** Somebody in a fresh browser. */
class Visitor {
  readonly context: BrowserContext;
  readonly page: Page;

  #html: Promise<string> | undefined;

  constructor(page: Page) {
    this.page = page;
    this.context = page.context();
    page.on('response', (response) => {
      const isRedirect = response.status() >= 300 && response.status() < 400;
      if (response.request().isNavigationRequest() && !isRedirect) this.#html = response.text();
    });
  }

  /** The page as the server sent it. */
  html(): Promise<string> {
    return this.#html ?? Promise.reject(new Error('Nothing was opened.'));
  }

  async path(to: string): Promise<void> {
    await this.page.goto(app.url + to);
  }

  async logIn(button: string | undefined, email = writer, returnTo = '/'): Promise<void> {
    await this.path(`/auth/login?returnTo=${encodeURIComponent(returnTo)}`);
    await this.page.getByRole('button', { name: email }).click();
    await this.page.getByRole('button', { name: 'Authorize' }).waitFor();
    if (!button) return;
    await this.page.getByRole('button', { name: button }).click();
    await this.page.waitForURL(`${app.url}/**`);
  }

  /** A login that fails. */
  async logInWith(failure: Fault): Promise<void> {
    app.sandbox.setFaults([{ ...failure, times: 1 }]);
    await this.logIn('Authorize');
    await this.page.getByRole('alert').waitFor();
  }
}

/** What was predicted does not matter here: every prediction leads to the same page. */
async function runExperiment(page: Page, name: string): Promise<void> {
  await page.locator(`form[action$="/${name}"] button`).first().click();
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
}

describeInChromium('every page', (openPage) => {
  test.each(pages)('%s is valid, accessible and fits in every circumstance', async (name, open) => {
    const visitor = new Visitor(await openPage());
    await open(visitor);
    expect(await invalidHtml(visitor.html())).toEqual([]);
    expect(await problemsIn(visitor.page)).toEqual([]);
    await photograph(visitor.page, name);
    await visitor.context.close();
  });
});

describeInChromium('every experiment', (openPage) => {
  test.each(readExperimentTexts())('$name is valid and accessible before and after it ran', async ({ name }) => {
    const visitor = new Visitor(await openPage());
    await visitor.path(`/tutorial/experiments/${name}`);
    for (const stage of ['before', 'after']) {
      if (stage === 'after') await runExperiment(visitor.page, name);
      expect([stage, await invalidHtml(visitor.html())]).toEqual([stage, []]);
      expect([stage, await problemsIn(visitor.page)]).toEqual([stage, []]);
    }
    if (name === 'code-twice') await photograph(visitor.page, 'experiment-run');
    await visitor.context.close();
  });

  test('can be predicted and read with the keyboard only, without JavaScript', async () => {
    const page = await openPage({ javaScriptEnabled: false });
    await page.goto(`${app.url}/tutorial/experiments/wrong-state`);
    await page.getByRole('link', { name: 'Try to break it' }).last().focus();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'What happened' }).waitFor();
    await page.getByRole('link', { name: 'All experiments' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(`${app.url}/tutorial/experiments`);
    await page.getByRole('navigation', { name: 'On this page' }).getByRole('link').last().focus();
    await page.keyboard.press('Enter');
    expect(page.url()).toContain('#slow-logout');
    await page.context().close();
  });
});

describeInChromium('the header', (openPage) => {
  test('names who is logged in on every page, failure pages among them, and otherwise offers the login', async () => {
    const visitor = new Visitor(await openPage({ javaScriptEnabled: false }));
    const header = visitor.page.getByRole('banner');
    const paths = ['/', '/button', '/flow', '/tutorial', '/tutorial/experiments', '/troubleshooting', '/nowhere'];
    for (const path of [...paths, '/logged-out']) {
      await visitor.path(path);
      expect([path, await header.getByRole('link', { name: 'Log in' }).count()]).toEqual([path, 1]);
    }
    await visitor.path('/button');
    const href = await header.getByRole('link', { name: 'Log in' }).getAttribute('href');
    expect(href).toBe('/auth/login?returnTo=%2Fbutton');
    await visitor.logIn('Authorize');
    for (const path of [...paths, '/account', '/tutorial/source?file=src/app.ts', '/tutorial/source?file=none']) {
      await visitor.path(path);
      expect([path, await header.textContent()]).toEqual([path, expect.stringContaining('Logged in as Will Okafor')]);
      expect(await header.getByRole('link', { name: 'Log in' }).count()).toBe(0);
    }
    await visitor.context.close();
  });
});

const validator = new HtmlValidate({
  extends: ['html-validate:standard'],
  rules: { 'no-trailing-whitespace': 'off' },
});

async function invalidHtml(html: Promise<string>): Promise<string[]> {
  const { results } = await validator.validateString(await html);
  return results.flatMap(({ messages }) => messages.map(({ line, message }) => `line ${line}: ${message}`));
}

async function problemsIn(page: Page): Promise<string[]> {
  const problems: string[] = [];
  for (const [circumstance, { size, ...media }] of circumstances) {
    await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'reduce', ...media });
    await page.setViewportSize(size);
    problems.push(...(await problemsOf(page)).map((problem) => `${circumstance}: ${problem}`));
  }
  return problems;
}

/** For people to look at: in both schemes, on a phone and on a desk. */
async function photograph(page: Page, name: string): Promise<void> {
  for (const colorScheme of ['light', 'dark'] as const) {
    for (const [device, width, height] of [
      ['phone', 390, 844],
      ['desktop', 1280, 800],
    ] as const) {
      await page.emulateMedia({ colorScheme, forcedColors: 'none' });
      await page.setViewportSize({ width, height });
      const file = path.join('screenshots', `${name}-${device}-${colorScheme}.png`);
      await page.screenshot({ path: file, fullPage: true });
    }
  }
}
