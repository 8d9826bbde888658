import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { readTutorial } from '../../src/tutorial/tutorial-document.ts';
import { read, root } from '../support/documents.ts';
import {
  app,
  colorSchemes,
  diagramFile,
  openDemo,
  openPage,
  readContents,
  readPages,
  stills,
} from '../support/pictures.ts';
import { describeWith } from '../support/when-installed.ts';

const films = colorSchemes.map((colorScheme) => `docs/images/login-${colorScheme}.png`);

describeWith('chromium', 'chromium', 'the pictures of the documents', (executablePath) => {
  let demo: Awaited<ReturnType<typeof openDemo>>;
  beforeAll(async () => {
    demo = await openDemo(executablePath);
  });
  afterAll(() => demo.close());

  test('show the pages as they are', async () => {
    const before = readContents();
    const { contents: now, diagram } = await readPages(demo.browser, before);
    const old = Object.keys(now).filter((key) => JSON.stringify(now[key]) !== JSON.stringify(before[key]));
    const differences = old.map((key) => `${key}: ${difference(before[key]?.text, now[key]?.text)}`);
    expect({ fix: 'npm run pictures', differences }).toEqual({ fix: 'npm run pictures', differences: [] });
    expect(diagram).toBe(read(diagramFile));
  });

  test.each(films)('%s plays the whole login, over and over', async (file) => {
    const page = await openPage(demo.browser, 'light');
    await page.goto(app); // `ImageDecoder` is there on secure pages only
    const base64 = readFileSync(path.join(root, file), 'base64');
    const { durations, repetitions } = await page.evaluate<{ durations: number[]; repetitions: number }>(`(async () => {
      const data = Uint8Array.from(atob('${base64}'), (letter) => letter.charCodeAt(0));
      const decoder = new ImageDecoder({ data, type: 'image/png' });
      await Promise.all([decoder.completed, decoder.tracks.ready]);
      const { frameCount, repetitionCount } = decoder.tracks.selectedTrack;
      const durations = [];
      for (let frameIndex = 0; frameIndex < frameCount; frameIndex++) {
        const { image } = await decoder.decode({ frameIndex });
        durations.push(image.duration / 1000);
        image.close();
      }
      return { durations, repetitions: repetitionCount === Infinity ? -1 : repetitionCount };
    })()`);
    expect(repetitions).toBe(-1);
    expect(durations.filter((milliseconds) => milliseconds >= 1000)).toHaveLength(5); // one a page
    await page.context().close();
  });
});

test('a film is small enough for a README', () => {
  for (const file of films) expect(readFileSync(path.join(root, file)).length).toBeLessThan(600_000);
});

test('README and tutorial show every picture, and the film stands still for those who want less motion', () => {
  const documents = read('README.md') + read('docs/tutorial.md');
  for (const name of ['login', ...stills]) {
    for (const colorScheme of colorSchemes) expect(documents).toContain(`images/${name}-${colorScheme}.png`);
  }
  expect(documents).toContain(diagramFile);
  expect(documents).toContain('media="(prefers-reduced-motion: reduce)" srcset="docs/images/home-light.png"');
});

test('the tutorial in the app leaves its pictures out: they show the app', () => {
  expect(read('docs/tutorial.md')).toContain('<picture>');
  expect(JSON.stringify(readTutorial())).not.toContain('picture');
});

function difference(before: readonly string[] = [], now: readonly string[] = []): string {
  const index = now.findIndex((text, at) => text !== before[at]);
  return index < 0 ? 'other styles' : `"${now[index]}" instead of "${before[index] ?? ''}"`;
}
