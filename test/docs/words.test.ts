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
];

/** Where the words are gone. Add what else is clean. */
const clean =
  /^(README\.md|AGENTS\.md|\.env\.example|\.github\/|docs\/|views\/|test\/(bench\/)?README\.md|src\/(app|server|start-app)\.ts|src\/(auth|config|doctor|flow-inspector|http-server|launchdarkly-login|local-https|logging|registration|sandbox|web)\/)/;
const text = /\.(md|eta|ts|example|yml)$/;

test.each(avoid)('no sentence of the documents, pages and sources says %s; write: %s', (pattern) => {
  const found = files
    .filter((file) => clean.test(file) && text.test(file))
    .flatMap((file) =>
      read(file)
        .split('\n')
        .flatMap((line, index) => (pattern.test(prose(file, line)) ? [`${file}:${index + 1} ${line.trim()}`] : [])),
    );
  expect(found).toEqual([]);
});

/** A line without the code it quotes, which may be called anything. */
function prose(file: string, line: string): string {
  return file.endsWith('.md') ? line.replace(/`[^`]*`/g, '') : line;
}
