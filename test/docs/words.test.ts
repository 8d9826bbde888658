import { expect, test } from '@jest/globals';
import { files, read } from '../support/documents.ts';

/** Words that read like a translation, and what to write instead. */
const avoid: readonly [pattern: RegExp, instead: string][] = [
  [/\bmend(s|ed|ing)?\b/i, 'fix'],
  [/\bwho(so)?ever\b/i, 'anyone who, the user'],
  [/(?<!_)\bnonsense\b/i, 'invalid'],
  [/\bthe house\b/i, 'the project'],
  [/\bany more(?=[.,;:)]|$)/i, 'no longer'],
  [/\banew\b/i, 'again'],
  [/\bbehind [a-z' ]*backs?\b/i, 'in the background'],
  [/\b(is|was) away\b/i, 'unavailable'],
  [/\bin vain\b/i, 'without success'],
  [/\ball the same\b/i, 'anyway'],
  [/\bfor ever\b/i, 'forever'],
  [/\blets? go of\b/i, 'closes, releases'],
  [/\bgives? way\b/i, 'is replaced'],
  [/\bsees to (it|that)\b/i, 'makes sure'],
  [/\bby and by\b|\bat a stroke\b|\bsuch a one\b|\bnowadays\b/i, 'plain words'],
];

const checked = /^(README\.md|AGENTS\.md|\.env\.example|\.github\/|docs\/|views\/|test\/|src\/|scripts\/)/;
const text = /\.(md|eta|css|ts|mjs|js|json|example|ya?ml|conf|cfg|lua|service)$|Caddyfile|Dockerfile$/;

test.each(avoid)('no sentence of the documents, pages and sources says %s; write: %s', (pattern) => {
  const found = files
    .filter((file) => checked.test(file) && text.test(file) && !exempt(file, pattern))
    .flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) => (pattern.test(prose(file, line)) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    );
  expect(found).toEqual([]);
});

/** Tests send nonsense; this file names the words. */
function exempt(file: string, pattern: RegExp): boolean {
  return file.startsWith('test/') && (pattern.source.includes('nonsense') || file.endsWith('words.test.ts'));
}

/** A line without the code it quotes, which may be called anything. */
function prose(file: string, line: string): string {
  return file.endsWith('.md') ? line.replace(/`[^`]*`/g, '') : line;
}
