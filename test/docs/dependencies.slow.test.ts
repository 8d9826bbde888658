import { existsSync, lstatSync, readdirSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { dependencyTable } from '../support/dependencies.ts';
import { read, root } from '../support/documents.ts';
import { call } from '../support/npm-package.ts';

jest.setTimeout(300_000);

let folder: string;
let lock: Record<string, { dependencies?: object; optionalDependencies?: object }>;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'production-'));
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    await cp(path.join(root, file), path.join(folder, file));
  await call(folder, 'npm', ['ci', '--omit=dev', '--ignore-scripts', '--prefer-offline'], 280_000);
  lock = JSON.parse(await readFile(path.join(folder, 'node_modules/.package-lock.json'), 'utf8')).packages;
});

afterAll(() => rm(folder, { recursive: true, force: true }));

test('production needs at most 110 packages and 35 MiB, as docs/dependencies.md says', () => {
  const places = Object.keys(lock);
  const [, size, count] = /installs (\d+) MiB in (\d+) packages/.exec(read('docs/dependencies.md')) ?? [];
  expect(places.length).toBe(Number(count));
  expect(places.length).toBeLessThanOrEqual(110);
  const mebibytes = mebibytesOf(places);
  expect(Math.abs(mebibytes - Number(size))).toBeLessThan(1);
  expect(mebibytes).toBeLessThanOrEqual(35);
});

test('each dependency brings as many packages, and is as large, as docs/dependencies.md says', () => {
  for (const { name, packages, mebibytes } of dependencyTable()) {
    const places = [...broughtBy(`node_modules/${name}`)];
    expect([name, places.length]).toEqual([name, packages]);
    const difference = Math.abs(mebibytesOf(places) - mebibytes);
    expect([name, difference < 0.15 + mebibytes / 10]).toEqual([name, true]);
  }
});

/** The folders of a package and of what it needs. */
function broughtBy(place: string, found = new Set<string>()): Set<string> {
  if (found.has(place)) return found;
  found.add(place);
  const { dependencies, optionalDependencies } = lock[place] ?? {};
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const needed = nearest(place, name);
    if (needed) broughtBy(needed, found);
  }
  return found;
}

/** Where `name` is found from `place`, as Node.js looks for it; undefined when it is not installed. */
function nearest(place: string, name: string): string | undefined {
  const own = path.posix.join(place, 'node_modules', name);
  if (lock[own]) return own;
  const outer = place.lastIndexOf('node_modules/');
  return outer < 0 ? undefined : nearest(place.slice(0, outer).replace(/\/$/, ''), name);
}

/** In blocks of 4 KiB, as `du` counts on the usual file systems. */
function mebibytesOf(places: readonly string[]): number {
  return places.reduce((sum, place) => sum + blocksIn(path.join(folder, place)), 0) / 256;
}

function blocksIn(directory: string): number {
  if (!existsSync(directory)) return 0;
  return readdirSync(directory, { withFileTypes: true }).reduce((sum, entry) => {
    const file = path.join(directory, entry.name);
    if (!entry.isDirectory()) return sum + Math.ceil(lstatSync(file).size / 4096);
    return sum + (entry.name === 'node_modules' ? 0 : blocksIn(file));
  }, 1);
}
