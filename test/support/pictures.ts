/*
 * The pictures of README and documents: one walk through the demo, by somebody who logs in, looks at the messages and
 * breaks something. `take-pictures.ts` photographs it; a test walks it again and compares what the pages say.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Locator, type Page } from 'playwright-core';
import { read, root } from './documents.ts';
import { freePort } from './free-port.ts';
import { drawLogin } from './login-diagram.ts';
import { follow } from './program.ts';

export const colorSchemes = ['light', 'dark'] as const;
export type ColorScheme = (typeof colorSchemes)[number];

export const app = 'https://localhost:3000';
export const size = { width: 1200, height: 750 };

/** The demo, and a Chromium that finds it at the ports of the documents, wherever it listens. */
export async function openDemo(executablePath: string): Promise<{ browser: Browser; close(): Promise<void> }> {
  const [port, sandboxPort] = [await freePort(), await freePort()];
  const folder = await mkdtemp(path.join(tmpdir(), 'pictures-'));
  const loader = pathToFileURL(path.join(root, 'node_modules/tsx/dist/esm/index.mjs')).href;
  const options = {
    port,
    'sandbox-port': sandboxPort,
    'public-url': app,
    'sandbox-url': 'http://127.0.0.1:4000',
  };
  const flags = Object.entries(options).map(([name, value]) => `--${name}=${value}`);
  const child = spawn(process.execPath, ['--import', loader, path.join(root, 'scripts/demo.ts'), ...flags], {
    cwd: folder,
    env: { PATH: process.env.PATH, HOME: folder },
  });
  const demo = follow(child);
  await demo.prints(/^https:/m);
  const rules = `MAP localhost:3000 localhost:${port}, MAP 127.0.0.1:4000 127.0.0.1:${sandboxPort}`;
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', `--host-resolver-rules=${rules}`] });
  return {
    browser,
    async close() {
      await browser.close();
      child.kill('SIGINT');
      await demo.ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Opens a page as the pictures show it. */
export async function openPage(browser: Browser, colorScheme: ColorScheme): Promise<Page> {
  const look = { viewport: size, colorScheme, reducedMotion: 'reduce', locale: 'en-GB', timezoneId: 'UTC' } as const;
  const context = await browser.newContext({ ...look, ignoreHTTPSErrors: true });
  context.setDefaultTimeout(30_000);
  return context.newPage();
}

/** The pictures that documents show. Every one but `experiment` is also in the film of the login. */
export const stills = ['home', 'consent', 'flow', 'experiment'];

/** Sees a page of the walk, and what is clicked next. */
export type Show = (name: string, next?: Locator) => Promise<void>;

/**
 * Walks through the demo, and calls `show` wherever there is something for a picture. By keyboard: a mouse would hover over
 * something of the next page.
 */
export async function walk(page: Page, show: Show): Promise<void> {
  const press = async (name: string, next: Locator) => {
    await next.waitFor();
    await page.waitForLoadState();
    await show(name, next);
    await next.press('Enter');
  };
  await page.goto(app);
  await press('home', page.getByRole('link', { name: 'Log in with LaunchDarkly' }).first());
  await press('people', page.getByRole('button', { name: 'ariel.reader@acme.example' }));
  await press('consent', page.getByRole('button', { name: 'Authorize' }));
  await page.waitForURL(`${app}/`);
  await press('logged-in', page.getByRole('link', { name: 'Flow inspector' }));
  await page.waitForURL(`${app}/flow`);
  await show('flow');
  await page.goto(`${app}/tutorial/experiments/stolen-code`);
  await page.getByRole('button', { name: 'The attacker is logged in' }).press('Enter');
  await page.getByRole('heading', { name: 'What happened' }).waitFor();
  await show('experiment');
}

/** What a picture depends on: what is on the page as far down as the picture goes, without what differs each time. */
export interface Content {
  /** How many elements that are: where the picture ends differs with the fonts of a computer. */
  readonly elements: number;
  readonly text: readonly string[];
  /** A hash of their styles. */
  readonly look: string;
}

/** By the name of the page and the colour scheme, as in `home-light`. */
export type Contents = Readonly<Record<string, Content>>;

/** The sequence diagram of that login, from its messages. */
export const diagramFile = 'docs/images/login.svg';

const contentsFile = 'docs/images/contents.json';

/** What the pages held when the pictures were taken. */
export function readContents(): Contents {
  return JSON.parse(read(contentsFile));
}

export async function writeContents(contents: Contents): Promise<void> {
  await writeFile(path.join(root, contentsFile), `${JSON.stringify(contents, null, 1)}\n`);
}

/** Walks once in each colour scheme, reads as much of each page as `before` has, and draws the login. */
export async function readPages(browser: Browser, before: Contents): Promise<{ contents: Contents; diagram: string }> {
  const contents: Record<string, Content> = {};
  let diagram = '';
  for (const colorScheme of colorSchemes) {
    const page = await openPage(browser, colorScheme);
    await walk(page, async (name) => {
      const key = `${name}-${colorScheme}`;
      contents[key] = await contentOf(page, before[key]);
      if (name !== 'flow') return;
      const har = await page.evaluate<string>("fetch('/flow/har').then((answer) => answer.text())");
      diagram = drawLogin(JSON.parse(har).log.entries, app);
    });
    await page.context().close();
  }
  return { contents, diagram };
}

async function contentOf(page: Page, before?: Content): Promise<Content> {
  const all = await page.evaluate<{ text: string; look: string; isShown: boolean }[]>(readElements);
  const elements = before?.elements ?? all.findLastIndex(({ isShown }) => isShown) + 1;
  const shown = all.slice(0, elements);
  const look = createHash('sha256').update(shown.map((element) => element.look).join());
  return {
    elements,
    text: shown.map(({ text }) => withoutRandom(text)).filter((text) => text !== ''),
    look: look.digest('hex').slice(0, 16),
  };
}

/** Of sizes only those that do not follow from the width of letters. */
const readElements = `[...document.body.querySelectorAll('*')].filter((element) => element.checkVisibility()).map((element) => {
  const style = getComputedStyle(element);
  const properties = ['color', 'backgroundColor', 'borderColor', 'borderWidth', 'borderRadius', 'padding', 'display',
    'fontFamily', 'fontSize', 'fontWeight', 'textDecorationLine', 'fill', 'stroke', 'strokeWidth'];
  const texts = [...element.childNodes].filter(({ nodeType }) => nodeType === Node.TEXT_NODE);
  return {
    text: element.localName === 'time' ? '' : texts.map(({ data }) => data).join(' '),
    look: [element.localName, ...properties.map((property) => style[property])].join('; '),
    isShown: element.getBoundingClientRect().top < innerHeight,
  };
})`;

/** Durations, and secrets as the pages mask them. */
function withoutRandom(text: string): string {
  return text
    .replace(/\s+/g, ' ')
    .trim()
    .replace(/\b[\d.]+ m?s\b/g, '0 ms')
    .replace(/[\w-]*…\(\d+\)(·\w+)?/g, '…');
}
