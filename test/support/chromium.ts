import { readFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll } from '@jest/globals';
import type { Browser, BrowserContextOptions, LaunchOptions, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { describeWith } from './when-installed.ts';

/** Opens a page in a browser of its own: no cookie is shared with another. Certificates are not checked. */
export type OpenPage = (options?: BrowserContextOptions) => Promise<Page>;

/** Tests in a real Chromium. Where there is none, one line says how to get it. */
export function describeInChromium(title: string, define: (openPage: OpenPage) => void, launch: LaunchOptions = {}) {
  describeWith('chromium', 'chromium', title, (executablePath) => {
    let browser: Browser;
    beforeAll(async () => {
      browser = await chromium.launch({ executablePath, args, ...launch });
    });
    afterAll(() => browser.close());

    define(async (options) => {
      const context = await browser.newContext({ ignoreHTTPSErrors: true, ...options });
      return context.newPage();
    });
  });
}

/** Playwright switches the back/forward cache off, which people have on. */
export const withBackForwardCache: LaunchOptions = { ignoreDefaultArgs: ['--disable-back-forward-cache'] };

const args = ['--no-sandbox', '--disable-background-networking'];

/** The same with a reader's own settings, as Chromium keeps them in the file `Preferences` of a profile. */
export function describeInChromiumSetTo(
  preferences: object,
  title: string,
  define: (openPage: OpenPage) => void,
): void {
  describeWith('chromium', 'chromium', title, (executablePath) => {
    const profiles: string[] = [];
    afterEach(async () => {
      for (const profile of profiles.splice(0)) await rm(profile, { recursive: true, force: true });
    });

    define(async (options) => {
      const profile = await mkdtemp(path.join(tmpdir(), 'chromium-'));
      profiles.push(profile);
      await mkdir(path.join(profile, 'Default'));
      await writeFile(path.join(profile, 'Default', 'Preferences'), JSON.stringify(preferences));
      const launch = { executablePath, args, ignoreHTTPSErrors: true, ...options };
      const context = await chromium.launchPersistentContext(profile, launch);
      return context.newPage();
    });
  });
}

/** The circumstances of a reader. */
export interface Circumstance {
  readonly colorScheme: 'light' | 'dark';
  readonly forcedColors?: 'active';
  /** In CSS pixels: at 200 % zoom a window has half as many. */
  readonly size: { readonly width: number; readonly height: number };
}

const desk = { width: 1280, height: 800 };

/** Every circumstance in which a page must work. */
export const circumstances: readonly [name: string, circumstance: Circumstance][] = [
  ['light', { colorScheme: 'light', size: desk }],
  ['dark', { colorScheme: 'dark', size: desk }],
  ['320 px wide', { colorScheme: 'light', size: { width: 320, height: 640 } }],
  ['dark, 320 px wide', { colorScheme: 'dark', size: { width: 320, height: 640 } }],
  ['200 % zoom', { colorScheme: 'light', size: { width: 640, height: 400 } }],
  ['forced colours', { colorScheme: 'light', forcedColors: 'active', size: desk }],
  ['forced colours, dark', { colorScheme: 'dark', forcedColors: 'active', size: desk }],
];

const axeSource = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** What axe finds wrong with a page, and what sticks out of it at the side: one line each. */
export async function problemsOf(page: Page): Promise<string[]> {
  await page.evaluate(axeSource);
  const found = await page.evaluate<{ id: string; targets: string[] }[]>(`axe.run().then(({ violations }) =>
    violations.map(({ id, nodes }) => ({ id, targets: nodes.map(({ target }) => target.join(' ')) })))`);
  const width = await page.evaluate<[number, number]>(
    '[document.documentElement.scrollWidth, document.documentElement.clientWidth]',
  );
  const tooWide = width[0] > width[1] ? [`${width[0]} px of content in ${width[1]} px`] : [];
  return [...found.map(({ id, targets }) => `${id}: ${targets.slice(0, 3).join(', ')}`), ...tooWide];
}
