import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build } from 'esbuild';
import type { Page } from 'playwright-core';
import { readButtonKit } from '../../src/web/pages.ts';
import { viewsDirectory } from '../../src/web/views.ts';
import { circumstances, describeInChromium, problemsOf } from '../support/chromium.ts';

const kit = readButtonKit();
const labels: Record<string, string> = JSON.parse(kit['labels.json']);

/** A button as people ask for it. */
interface Wanted {
  readonly returnTo?: string;
  readonly look?: 'neutral' | 'outline';
  readonly size?: 'small' | 'large';
  readonly block?: boolean;
  readonly loginPath?: string;
  readonly lang?: string;
  readonly dir?: string;
  readonly label?: string;
}

const wanted: readonly Wanted[] = [
  {},
  { returnTo: '/projects?tab=a&b=c#d' },
  { look: 'neutral', size: 'small' },
  { look: 'outline', size: 'large' },
  { block: true },
  { loginPath: '/tools/ld/auth/login', returnTo: '/account' },
  { lang: 'de', label: labels.de! },
  { lang: 'ar', dir: 'rtl', label: labels.ar!, look: 'neutral' },
];

/** The HTML that the page tells people to write. */
function html({ returnTo, look, size, block, loginPath = '/auth/login', lang, dir, label = labels.en! }: Wanted) {
  const modifiers = [look, size, block && 'block'].filter(Boolean).map((name) => ` ld-button--${name}`);
  const query = returnTo ? `?returnTo=${encodeURIComponent(returnTo)}` : '';
  const language = `${lang ? ` lang="${lang}"` : ''}${dir ? ` dir="${dir}"` : ''}`;
  return `<a class="ld-button${modifiers.join('')}"${language} href="${loginPath}${query}">${label}</a>`;
}

/** Programs that put the same button into a place, from the files as they are. */
const programs = {
  react: `
    import { createElement } from 'react';
    import { createRoot } from 'react-dom/client';
    import { LaunchDarklyButton } from './launchdarkly-button.react';
    window.show = (place, { label, ...props }) =>
      createRoot(place).render(createElement(LaunchDarklyButton, props, ...(label ? [label] : [])));`,
  vue: `
    import { createApp, h } from 'vue';
    import { LaunchDarklyButton } from './launchdarkly-button.vue';
    window.show = (place, { label, ...props }) =>
      createApp({ render: () => h(LaunchDarklyButton, props, label && { default: () => label }) }).mount(place);`,
  element: `
    import './launchdarkly-button.element.js';
    window.show = (place, { returnTo, loginPath, ...attributes }) => {
      const button = document.createElement('launchdarkly-button');
      for (const [name, value] of Object.entries({ 'return-to': returnTo, 'login-path': loginPath, ...attributes }))
        if (value !== undefined) button.setAttribute(name, value === true ? '' : value);
      place.append(button);
    };`,
} as const;

const files = new Map<string, { type: string; text: string }>([
  ['/button.css', { type: 'text/css', text: kit.css }],
  ['/button.svg', { type: 'image/svg+xml', text: kit.svg }],
]);
let server: Server;
let url: string;

beforeAll(async () => {
  for (const [name, program] of Object.entries(programs)) {
    const { outputFiles } = await build({
      stdin: { contents: program, resolveDir: assets },
      ...{ bundle: true, write: false, format: 'esm', jsx: 'automatic', logLevel: 'silent' },
      define: { 'process.env.NODE_ENV': '"production"' },
      resolveExtensions: ['.tsx', '.ts', '.mjs', '.js'],
    });
    files.set(`/${name}.js`, { type: 'text/javascript', text: outputFiles[0]?.text ?? '' });
  }
  server = createServer(({ url: target = '/' }, response) => {
    const script = new URL(target, 'http://a').searchParams.get('script');
    const { type, text } = files.get(target) ?? { type: 'text/html', text: emptyPage(script) };
    response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': policy }).end(text);
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}, 60_000);

afterAll(() => void server?.close());

const assets = path.join(viewsDirectory, 'assets');

/** Strict, but for the style inside the image. */
const policy = "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self'";

function emptyPage(script: string | null): string {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Button</title>
    <meta name="color-scheme" content="light dark"><link rel="stylesheet" href="/button.css">
    <style>body { background: Canvas; color: CanvasText }</style>
    ${script ? `<script type="module" src="/${script}.js"></script>` : ''}</head>
    <body><main><h1>Button</h1><div id="places"></div></main></body></html>`;
}

/** A page with all buttons that are wanted: as HTML, or made by a program. */
async function open(page: Page, program?: string): Promise<void> {
  await page.goto(program ? `${url}/?script=${program}` : url);
  const show = program ? `show(place, wanted[index])` : `place.innerHTML = ${JSON.stringify(wanted.map(html))}[index]`;
  await page.evaluate(`{
    const wanted = ${JSON.stringify(wanted)};
    wanted.forEach((_, index) => {
      const place = document.createElement('div');
      document.getElementById('places').append(place);
      ${show};
    });
  }`);
  await page
    .locator('.ld-button')
    .nth(wanted.length - 1)
    .waitFor();
}

/** Everything that can be seen of each button, and where it leads. */
async function looks(page: Page): Promise<unknown> {
  return page.evaluate<unknown>(`[...document.querySelectorAll('.ld-button')].map((button) => {
    const { width, height, x, y } = button.getBoundingClientRect();
    const style = getComputedStyle(button);
    return { box: { width, height, x, y }, href: button.getAttribute('href'), text: button.textContent,
      focusable: button.tabIndex, style: Object.fromEntries([...style].map((name) => [name, style.getPropertyValue(name)])) };
  })`);
}

/** In every circumstance, at rest, with the first button under the mouse, and with the keyboard's focus in it. */
async function allLooks(page: Page): Promise<unknown[]> {
  const all: unknown[] = [];
  for (const [circumstance, { size, ...media }] of circumstances) {
    await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'reduce', ...media });
    await page.setViewportSize(size);
    all.push([circumstance, await looks(page)]);
    await page.mouse.move(...(await middle(page)));
    all.push(['hover', await looks(page)]);
    await page.mouse.move(0, 0);
    await page.locator('.ld-button').first().focus();
    all.push(['focus', await looks(page)]);
    await page.evaluate('document.activeElement.blur()');
  }
  return all;
}

async function middle(page: Page): Promise<[x: number, y: number]> {
  const { x, y, width, height } = (await page.locator('.ld-button').first().boundingBox())!;
  return [x + width / 2, y + height / 2];
}

describeInChromium('the button as a component', (openPage) => {
  test.each(Object.keys(programs))('%s: looks and leads like the HTML in every circumstance', async (program) => {
    const page = await openPage();
    await open(page);
    const expected = await allLooks(page);
    await open(page, program);
    expect(await allLooks(page)).toEqual(expected);
    const links = await page.getByRole('link').evaluateAll((all) => all.map((link) => link.getAttribute('href')));
    expect(links).toEqual(
      wanted.map(
        ({ loginPath = '/auth/login', returnTo }) =>
          loginPath + (returnTo ? `?returnTo=${encodeURIComponent(returnTo)}` : ''),
      ),
    );
    for (const label of [labels.en, labels.de, labels.ar])
      expect(await page.getByRole('link', { name: label!, exact: true }).count()).toBeGreaterThan(0);
    await page.context().close();
  });

  test.each(Object.keys(programs))('%s: axe finds nothing, and the keyboard gets a visible ring', async (program) => {
    const page = await openPage();
    await open(page, program);
    for (const [circumstance, { size, ...media }] of circumstances) {
      await page.emulateMedia({ forcedColors: 'none', reducedMotion: 'reduce', ...media });
      await page.setViewportSize(size);
      expect([circumstance, await problemsOf(page)]).toEqual([circumstance, []]);
      await page.keyboard.press('Tab');
      const ring = await page.evaluate(
        '(({ outlineStyle, outlineWidth }) => [outlineStyle, outlineWidth])(getComputedStyle(document.activeElement))',
      );
      expect([circumstance, ring]).toEqual([circumstance, ['solid', '3px']]);
    }
    await page.context().close();
  });

  test('the custom element follows its attributes and keeps its link, and the focus in it', async () => {
    const page = await openPage();
    await open(page, 'element');
    await page.locator('.ld-button').first().focus();
    await page.evaluate(`(() => {
      const button = document.querySelector('launchdarkly-button');
      button.setAttribute('return-to', '/projects');
      button.setAttribute('size', 'large');
      button.setAttribute('label', ${JSON.stringify(labels.de)});
    })()`);
    const focused = page.locator('.ld-button--large:focus');
    expect(await focused.textContent()).toBe(labels.de);
    expect(await focused.getAttribute('href')).toBe('/auth/login?returnTo=%2Fprojects');
    await page.evaluate(
      'document.querySelector("main").append(document.querySelector("launchdarkly-button").cloneNode(true))',
    );
    expect(await page.locator('launchdarkly-button > a').count()).toBe(wanted.length + 1);
    await page.context().close();
  });

  test('the React component renders on the server, without a browser', async () => {
    const { outputFiles } = await build({
      stdin: {
        contents: `import { renderToStaticMarkup } from 'react-dom/server.edge';
          import { LaunchDarklyButton } from './launchdarkly-button.react';
          globalThis.rendered = renderToStaticMarkup(<LaunchDarklyButton returnTo="/a b" look="neutral" />);`,
        ...{ resolveDir: assets, loader: 'tsx' },
      },
      ...{ bundle: true, write: false, format: 'iife', jsx: 'automatic', platform: 'browser' },
      define: { 'process.env.NODE_ENV': '"production"' },
    });
    const page = await openPage();
    const rendered = await page.evaluate(`${outputFiles[0]?.text}; globalThis.rendered`);
    expect(rendered).toBe(
      '<a class="ld-button ld-button--neutral" href="/auth/login?returnTo=%2Fa%20b">Log in with LaunchDarkly</a>',
    );
    await page.context().close();
  });
});

describeInChromium('the button as an image', (openPage) => {
  test.each(circumstances.filter(([name]) => ['light', 'dark', 'forced colours'].includes(name)))(
    'has the colours, the height and the type of the HTML button: %s',
    async (_name, { size, ...media }) => {
      const page = await openPage({ viewport: size });
      await page.emulateMedia({ forcedColors: 'none', ...media });
      await open(page);
      const button = await page.evaluate(`(() => {
        const link = document.querySelector('.ld-button');
        const { backgroundColor: fill, borderTopColor: edge, color, fontSize, fontWeight } = getComputedStyle(link);
        return { fill, edge, color, fontSize, fontWeight, height: link.offsetHeight };
      })()`);
      await page.goto(`${url}/button.svg`);
      const image = await page.evaluate(`(() => {
        const { fill, stroke: edge } = getComputedStyle(document.querySelector('rect'));
        const { fill: color, fontSize, fontWeight } = getComputedStyle(document.querySelector('text'));
        return { fill, edge, color, fontSize, fontWeight, height: document.documentElement.height.baseVal.value };
      })()`);
      expect(image).toEqual(button);
      await page.context().close();
    },
  );

  test('holds its text with room at both ends, and is named by it', async () => {
    const page = await openPage();
    await page.goto(`${url}/button.svg`);
    const [text, whole] = await page.evaluate<[number, number]>(
      '[document.querySelector("text").getBBox().width, document.documentElement.width.baseVal.value]',
    );
    expect(whole - text).toBeGreaterThan(24);
    expect(kit.svg).toContain(`aria-label="${labels.en}"`);
    await open(page);
    await page.evaluate(
      `places.innerHTML = '<a href="/auth/login"><img src="/button.svg" alt="${labels.en}" width="264" height="44"></a>'`,
    );
    expect(await page.getByRole('link', { name: labels.en! }).boundingBox()).toMatchObject({ width: 264 });
    expect(await problemsOf(page)).toEqual([]);
    await page.context().close();
  });
});
