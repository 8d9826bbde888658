import { describe, expect, test } from '@jest/globals';
import { cleanLines, cleanText } from '../../src/launchdarkly/index.ts';

const unsafe: [string, string][] = [
  ['escape', '\u001b'],
  ['delete', '\u007f'],
  ['a C1 control', '\u009b'],
  ['NUL', '\0'],
  ['a carriage return', '\r'],
  ['next line', '\u0085'],
  ['line separator', '\u2028'],
  ['paragraph separator', '\u2029'],
  ['Arabic letter mark', '\u061c'],
  ['right-to-left mark', '\u200f'],
  ['right-to-left override', '\u202e'],
  ['first strong isolate', '\u2068'],
  ['half a surrogate pair', '\ud83d'],
];

describe.each(unsafe)('%s', (_name, character) => {
  test('becomes a blank in a text of one line', () => {
    expect(cleanText(`a${character}${character}b`)).toBe('a b');
  });

  test('is spelt out in a text of several lines', () => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    expect(cleanLines(`a${character}b`)).toBe(`a\\u${code}b`);
  });
});

test('line breaks forge no second line where one is expected, and stay where there may be several', () => {
  expect(cleanText('name\n✓ Everything is fine')).toBe('name ✓ Everything is fine');
  expect(cleanLines('one\ntwo')).toBe('one\ntwo');
});

test('names in any language stay as they are', () => {
  for (const name of ['Zoë', '日本語', 'لوحة', '👩‍👩‍👧', 'a"\\b', '']) {
    expect([cleanText(name), cleanLines(name)]).toEqual([name, name]);
  }
});

test('a JSON document means the same afterwards', () => {
  const document = { name: unsafe.map(([, character]) => character).join('x') };
  expect(JSON.parse(cleanLines(JSON.stringify(document, undefined, 2)))).toEqual(document);
});
