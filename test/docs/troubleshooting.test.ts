import { expect, test } from '@jest/globals';
import type { FailureCode } from '../../src/web/failures.ts';
import { failures } from '../../src/web/failures.ts';
import { anchorsOf, read, untrue } from '../support/documents.ts';

const text = read('docs/troubleshooting.md');
const entries = new Map(
  [...text.matchAll(/^### `(\w+)`\n\n(.*)\n\n(.*)$/gm)].map(([, code = '', facts = '', words = '']) => [
    code,
    { facts, words },
  ]),
);
const codes = Object.keys(failures) as FailureCode[];

test('docs/troubleshooting.md has one entry for each failure code, and no other', () => {
  expect(untrue(/^### `(\w+)`/g, (code) => code in failures, ['docs/troubleshooting.md'])).toEqual([]);
  expect([...entries.keys()].sort()).toEqual([...codes].sort());
});

test.each(codes)('the entry of %s has its title and status, an anchor, and words of its own', (code) => {
  const { title, status } = failures[code];
  expect(entries.get(code)?.facts).toBe(`${title}. Status ${status}.`);
  expect(entries.get(code)?.words).not.toBe('');
  expect(anchorsOf(text).has(code)).toBe(true);
});

test('the contents of docs/troubleshooting.md lead to each entry', () => {
  const headings = [...text.matchAll(/^### `?(.*?)`?$/gm)].map(([, heading = '']) => heading);
  const linked = [...text.matchAll(/^- .*/gm)].join('\n');
  expect(
    headings.filter((heading) => !linked.includes(`${heading}\`](#`) && !linked.includes(`[${heading}](#`)),
  ).toEqual([]);
});
