import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from '@jest/globals';
import type { Block } from '../support/documents.ts';
import { blocksOf, documents, read, root } from '../support/documents.ts';

const quotes = documents.flatMap(blocksOf).filter(({ mark }) => mark?.kind === 'quote');

test('the tutorial quotes the code of every step', () => {
  expect(quotes.filter(({ document }) => document === 'docs/tutorial.md').length).toBeGreaterThan(12);
});

test.each(quotes.map((quote) => [`${quote.document}:${quote.line} quotes ${quote.mark?.value}`, quote] as const))(
  '%s line by line',
  (_, quote) => expect(missingFrom(quote)).toBeUndefined(),
);

/** The first line of a quotation at which the file goes on differently; undefined when it stands there as it is. */
function missingFrom({ document, line, mark, text }: Block): string | undefined {
  const file = mark?.value ?? '';
  if (!existsSync(path.join(root, file))) return `${document}:${line} quotes ${file}, which there is not.`;
  const quoted = dedent(text.trimEnd().split('\n'));
  const source = read(file).split('\n');
  const matches = source.map((_, start) => matchingLines(quoted, source.slice(start, start + quoted.length)));
  const longest = Math.max(...matches);
  if (longest === quoted.length) return undefined;
  return `${document}:${line + longest} quotes ${file}, which does not go on like this: ${quoted[longest]}`;
}

/** How many lines agree, from the first on, once the indentation that all of them share is taken away. */
function matchingLines(quoted: readonly string[], found: readonly string[]): number {
  const lines = dedent(found);
  const differs = quoted.findIndex((line, index) => line !== lines[index]);
  return differs < 0 ? quoted.length : differs;
}

function dedent(lines: readonly string[]): string[] {
  const indents = lines.filter((line) => line.trim() !== '').map((line) => line.search(/\S/));
  const shared = Math.min(...indents);
  return lines.map((line) => line.slice(Number.isFinite(shared) ? shared : 0));
}
