import type { Browser, Locator, Page } from 'playwright-core';
import { type ColorScheme, size } from './pictures.ts';
import type { Frame, Image } from './png.ts';

interface Point {
  readonly x: number;
  readonly y: number;
}

/** A page of a film: as it is, and, if something is clicked next, with the pointer over that. */
export interface Shot {
  readonly address: string;
  readonly still: Buffer;
  readonly next?: { readonly hovered: Buffer; readonly at: Point };
}

/** Photographs a page, without the pointer and with it. */
export async function shoot(page: Page, next?: Locator): Promise<Shot> {
  const { host, pathname } = new URL(page.url());
  const address = host + pathname.replace(/\/$/, '');
  const still = await page.screenshot();
  if (!next) return { address, still };
  await next.hover();
  const box = await next.boundingBox();
  if (!box) throw new Error(`${next} is not on the page.`);
  const at = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const hovered = await page.screenshot();
  await page.mouse.move(0, 0);
  return { address, still, next: { hovered, at } };
}

/** Makes pictures from screenshots: films show a window with an address, and a pointer that clicks. */
export interface Studio {
  develop(png: Buffer): Promise<Frame[]>;
  film(shots: readonly Shot[]): Promise<Frame[]>;
}

const bar = 44;

export async function openStudio(browser: Browser, colorScheme: ColorScheme): Promise<Studio> {
  const viewport = { width: size.width, height: size.height + bar };
  const context = await browser.newContext({ viewport, colorScheme });
  const page = await context.newPage();
  await page.setContent(studio);
  let pointer: Point = { x: size.width / 2, y: size.height * 0.85 };

  async function read(png: Buffer): Promise<Image> {
    const text = await call<string>(page, readPixels, png.toString('base64'));
    const pixels = new Uint32Array(Uint8Array.from(Buffer.from(text, 'base64')).buffer);
    return { width: png.readUInt32BE(16), height: png.readUInt32BE(20), pixels };
  }

  async function frame(milliseconds: number, clicks = false): Promise<Frame> {
    await call(page, place, { ...pointer, clicks });
    return { image: await read(await page.screenshot()), milliseconds };
  }

  async function filmOne({ address, still, next }: Shot): Promise<Frame[]> {
    const show = (png: Buffer) => call(page, showPage, { address, png: png.toString('base64') });
    await show(still);
    if (!next) return [await frame(4000)];
    const frames = [await frame(1300)];
    const start = pointer;
    const steps = 6;
    for (let step = 1; step <= steps; step++) {
      const way = (1 - Math.cos((Math.PI * step) / steps)) / 2;
      pointer = { x: start.x + (next.at.x - start.x) * way, y: start.y + (next.at.y - start.y) * way };
      frames.push(await frame(60));
    }
    await show(next.hovered);
    return [...frames, await frame(350), await frame(250, true)];
  }

  return {
    develop: async (png) => [{ image: await read(png), milliseconds: 0 }],
    async film(shots) {
      const frames: Frame[] = [];
      for (const shot of shots) frames.push(...(await filmOne(shot)));
      return frames;
    },
  };
}

/** Calls a function that is written out: types of the browser are not known here. */
function call<T>(page: Page, source: string, argument: unknown): Promise<T> {
  return page.evaluate<T>(`(${source})(${JSON.stringify(argument)})`);
}

const studio = `<!DOCTYPE html>
<style>
:root { color-scheme: light dark; }
body { margin: 0; font: 15px "DejaVu Sans", sans-serif; }
header { box-sizing: border-box; height: ${bar}px; padding: 7px 16px; background: light-dark(#dfe2e8, #2b2f38); }
p { box-sizing: border-box; height: 30px; margin: 0; padding: 5px 16px; border-radius: 15px;
  color: light-dark(#1b1f27, #e8eaee); background: light-dark(#fff, #15181e); }
img { display: block; }
svg { position: absolute; top: 0; left: 0; overflow: visible; }
circle { fill: #405bff55; stroke: #405bff; stroke-width: 2; }
path { fill: #111; stroke: #fff; stroke-width: 1.5; }
</style>
<header><p></p></header>
<img alt="">
<svg width="1" height="1"><circle r="16"/><path d="M0 0v28l6.500-6 4.500 10.500 5-2.200-4.500-10.300h9z"/></svg>`;

const showPage = `async ({ address, png }) => {
  document.querySelector('p').textContent = address;
  const image = document.querySelector('img');
  image.src = 'data:image/png;base64,' + png;
  await image.decode();
}`;

const place = `({ x, y, clicks }) => {
  document.querySelector('svg').style.transform = \`translate(\${Math.round(x)}px, \${Math.round(y) + ${bar}}px)\`;
  document.querySelector('circle').style.visibility = clicks ? 'visible' : 'hidden';
}`;

const readPixels = `async (png) => {
  const image = new Image();
  image.src = 'data:image/png;base64,' + png;
  await image.decode();
  const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
  context.drawImage(image, 0, 0);
  const { data } = context.getImageData(0, 0, image.width, image.height);
  let text = '';
  for (let at = 0; at < data.length; at += 32768) text += String.fromCharCode(...data.subarray(at, at + 32768));
  return btoa(text);
}`;
