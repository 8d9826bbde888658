/*
 * `npm run pictures`: takes the pictures of the documents from the real pages, those that are out of date or, with `--all`,
 * every one. Needs Chromium at /usr/bin/chromium, or where an argument says.
 */
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { root } from './documents.ts';
import {
  colorSchemes,
  diagramFile,
  openDemo,
  openPage,
  readContents,
  readPages,
  stills,
  walk,
  writeContents,
} from './pictures.ts';
import { encodePng, type Frame } from './png.ts';
import { openStudio, type Shot, shoot } from './studio.ts';

const all = process.argv.includes('--all');
const [executablePath = '/usr/bin/chromium'] = process.argv.slice(2).filter((argument) => argument !== '--all');
const { browser, close } = await openDemo(executablePath);
try {
  const before = readContents();
  const { contents: now, diagram } = await readPages(browser, before);
  await writeFile(path.join(root, diagramFile), diagram);
  const isOld = (key: string) => all || JSON.stringify(now[key]) !== JSON.stringify(before[key]);
  for (const colorScheme of colorSchemes) {
    const names = Object.keys(now).filter((key) => key.endsWith(colorScheme) && isOld(key));
    if (names.length) await takePictures(colorScheme, (name) => names.includes(`${name}-${colorScheme}`));
  }
  const unchanged = Object.entries(before).filter(([key]) => key in now && !isOld(key));
  const { contents } = await readPages(browser, Object.fromEntries(unchanged));
  await writeContents(contents);
} finally {
  await close();
}

async function takePictures(colorScheme: (typeof colorSchemes)[number], isOld: (name: string) => boolean) {
  const page = await openPage(browser, colorScheme);
  const shots: [name: string, shot: Shot][] = [];
  await walk(page, async (name, next) => void shots.push([name, await shoot(page, next)]));
  await page.context().close();

  const studio = await openStudio(browser, colorScheme);
  for (const [name, { still }] of shots) {
    if (stills.includes(name) && isOld(name)) await save(`${name}-${colorScheme}`, await studio.develop(still));
  }
  const film = shots.filter(([name]) => name !== 'experiment');
  if (film.some(([name]) => isOld(name))) {
    await save(`login-${colorScheme}`, await studio.film(film.map(([, shot]) => shot)));
  }
}

async function save(name: string, frames: readonly Frame[]): Promise<void> {
  const png = encodePng(frames);
  await writeFile(path.join(root, `docs/images/${name}.png`), png);
  console.log(`docs/images/${name}.png: ${Math.round(png.length / 1000)} kB`);
}
