import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { HtmlValidate } from 'html-validate';
import type { BrowserContext, Page } from 'playwright-core';
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
  ['experiment', (visit) => visit.path('/tutorial/experiments/code-twice')],
  [
    'experiment-run',
    async (visit) => {
      await visit.path('/tutorial/experiments/code-twice');
      await visit.page.getByRole('button', { name: 'Both are logged in' }).click();
      await visit.page.getByRole('heading', { name: 'What happened' }).waitFor();
    },
  ],
  ['source', (visit) => visit.path('/tutorial/source?file=src/auth/sealer.ts#line-20')],
  ['logged-out', (visit) => visit.path('/logged-out')],
  ['sandbox-personas', (visit) => visit.path('/auth/login')],
  ['sandbox-consent', (visit) => visit.logIn(undefined)],
  ['cancelled', (visit) => visit.logIn('Cancel')],
  ['refused', (visit) => visit.logIn('Authorize', 'penny.pending@acme.example')],
  ['unknown-login', (visit) => visit.path('/auth/callback?code=x&state=somebody-elses')],
  ['home-logged-in', (visit) => visit.logIn('Authorize')],
  ['account', (visit) => visit.logIn('Authorize', 'cole.custom@acme.example', '/account')],
  ['account-long-name', (visit) => visit.logIn('Authorize', 'wilhelmina', '/account')],
  ['projects', (visit) => visit.logIn('Authorize', writer, '/projects')],
  ['flow', (visit) => visit.logIn('Authorize', writer, '/flow')],
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
