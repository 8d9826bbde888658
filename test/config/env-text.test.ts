import { parseEnv } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'dotenv';
import fc from 'fast-check';
import { editEnvText } from '../../src/config/env-text.ts';

const name = fc.constantFrom('LD_OAUTH_CLIENT_ID', 'LD_OAUTH_CLIENT_SECRET', 'SESSION_SECRET');
const secret = fc.string({ unit: fc.constantFrom(...'$#"\'\\=+ `{}!&;|<>*?~%@:/,.-_aZ0é✓'), maxLength: 40 });

// Lines as people write them, none of which sets a name from above.
const otherLine = fc.oneof(
  fc.constantFrom('', '   ', '# a comment', '  # LD_OAUTH_CLIENT_ID=old', '#SESSION_SECRET=', '# it\'s "quoted"'),
  fc
    .tuple(
      fc.constantFrom('', 'export ', '  '),
      fc.constantFrom('A', 'B_2', 'LD_BASE_URI', 'X.Y-Z', 'NOT_SESSION_SECRET'),
      fc.constantFrom('=', ' = ', '= '),
      fc.constantFrom(
        '',
        'plain',
        "'single # not a comment'",
        '"double"',
        '`back`',
        'https://x.example/a?b=c',
        '"two\nlines"',
      ),
      fc.constantFrom('', ' # why', '   '),
    )
    .map((parts) => parts.join('')),
);
const file = fc
  .tuple(fc.array(otherLine, { maxLength: 8 }), fc.constantFrom('\n', '\r\n'), fc.boolean())
  .map(([lines, lineEnd, finalLineEnd]) => lines.join(lineEnd) + (finalLineEnd && lines.length > 0 ? lineEnd : ''));

describe('any value in any file', () => {
  test('comes back alike through dotenv and through Node, and everything else reads as before', () => {
    fc.assert(
      fc.property(file, name, secret, (text, key, value) => {
        const edited = attempt(text, { [key]: value });
        if (edited === undefined) return;
        expect(parse(edited)).toEqual({ ...parse(text), [key]: value });
        expect({ ...parseEnv(edited) }).toEqual({ ...parseEnv(text), [key]: value });
      }),
      { numRuns: 2_000 },
    );
  });

  test('leaves every character that was there before in place when the name is new', () => {
    fc.assert(
      fc.property(file, name, secret, (text, key, value) => {
        const edited = attempt(text, { [key]: value }) ?? text;
        expect(edited.startsWith(text)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('changes one line and no other when the name is there, and keeps its export and its comment', () => {
    const shape = fc.tuple(fc.constantFrom('', 'export ', '  '), fc.constantFrom('', ' # keep me', '\t# and me'));
    fc.assert(
      fc.property(file, file, name, shape, secret, secret, (above, below, key, [before, after], old, value) => {
        const lineEnd = above.includes('\r\n') ? '\r\n' : '\n';
        const start = above === '' || above.endsWith('\n') ? above : above + lineEnd;
        const first = attempt('', { [key]: old })?.trimEnd();
        if (first === undefined) return;
        const text = `${start}${before}${first}${after}${lineEnd}${below}`;
        if (parse(text)[key] !== old || parseEnv(text)[key] !== old) return;
        const edited = attempt(text, { [key]: value }) ?? text;
        expect(edited.startsWith(start + before)).toBe(true);
        expect(edited.endsWith(`${after}${lineEnd}${below}`)).toBe(true);
      }),
      { numRuns: 1_000 },
    );
  });

  test('does nothing the second time', () => {
    fc.assert(
      fc.property(file, name, secret, (text, key, value) => {
        const once = attempt(text, { [key]: value });
        if (once !== undefined) expect(editEnvText(once, { [key]: value })).toBe(once);
      }),
      { numRuns: 500 },
    );
  });

  test('hardly ever is a secret refused: only one that holds every kind of quote can be', () => {
    fc.assert(
      fc.property(secret, (value) => {
        if (attempt('', { K: value }) === undefined) expect(value).toMatch(/['"`\\]/);
        if (!/['"`\\]/.test(value)) expect(parse(editEnvText('', { K: value }))).toEqual({ K: value });
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a file as a person keeps it', () => {
  test.each([
    ['an empty file', '', "K='a b'\n"],
    ['no final line end', 'A=1', "A=1\nK='a b'\n"],
    ['CRLF', 'A=1\r\n# c\r\n', "A=1\r\n# c\r\nK='a b'\r\n"],
    ['CRLF without a final one', 'A=1\r\nB=2', "A=1\r\nB=2\r\nK='a b'\r\n"],
    ['export', 'export K=old\nA=1\n', "export K='a b'\nA=1\n"],
    ['an inline comment', 'K=old # mine\n', "K='a b' # mine\n"],
    ['an inline comment after a quoted value', 'K="o # d"  # mine\n', "K='a b'  # mine\n"],
    ['a comment right after the value', 'K=old#mine\n', "K='a b' #mine\n"],
    ['an empty value', 'K=\nA=1\n', "K='a b'\nA=1\n"],
    ['an empty value with a comment', 'K= # mine\n', "K='a b' # mine\n"],
    ['blanks around the equals sign', '  K = old\n', "  K = 'a b'\n"],
    ['a quoted value over two lines', 'K="one\ntwo"\nA=1\n', "K='a b'\nA=1\n"],
    ['the name inside another value', 'A="\nK=not me\n"\nK=old\n', 'A="\nK=not me\n"\nK=\'a b\'\n'],
    ['the name in a comment', '# K=old\n', "# K=old\nK='a b'\n"],
    ['the name as the end of another', 'MY_K=1\n', "MY_K=1\nK='a b'\n"],
    ['a byte order mark', '\uFEFFA=1\n', "\uFEFFA=1\nK='a b'\n"],
    ['a byte order mark right before the name', '\uFEFFK=old\n', "\uFEFFK='a b'\n"],
    ['export with two blanks', 'export  K=old\n', "export  K='a b'\n"],
    ['export with a tab', 'export\tK=old\nA=1\n', "export\tK='a b'\nA=1\n"],
    ['another export with a tab', 'export\tA=1\n', "export\tA=1\nK='a b'\n"],
    ['lines that end in CR', 'A=1\rK=old\rB=2\r', "A=1\rK='a b'\rB=2\r"],
    ['lines that end in CR, the name missing', 'A=1\rB=2', "A=1\rB=2\rK='a b'\r"],
    ['a colon', 'A: 1\nK: old # mine\n', "A: 1\nK: 'a b' # mine\n"],
    ['another name with a colon', 'A: 1\n', "A: 1\nK='a b'\n"],
    ['the value as it is, in another quoting', 'K="a b" # mine\n', 'K="a b" # mine\n'],
  ])('%s', (_, text, expected) => {
    expect(editEnvText(text, { K: 'a b' })).toBe(expected);
  });

  test('a name that is set twice is refused, naming the lines', () => {
    const refuse = () => editEnvText('K=1\n# c\nexport K=2\n', { K: 'x' });
    expect(refuse).toThrow(
      expect.objectContaining({ reason: 'duplicate', message: expect.stringContaining('lines 1 and 3') }),
    );
  });

  test('a value that no quoting can hold is refused without being shown', () => {
    for (const value of ['two\nlines', 'a\rb', '\'"`#']) {
      const refuse = () => editEnvText('', { K: value });
      expect(refuse).toThrow(expect.objectContaining({ reason: 'unquotable' }));
      expect(refuse).not.toThrow(expect.objectContaining({ message: expect.stringContaining(value) }));
    }
  });

  test('a quote that is never closed, and would swallow the new line, is refused', () => {
    const refuse = () => editEnvText("A='open\n", { K: "it's" });
    expect(refuse).toThrow(expect.objectContaining({ reason: 'not_editable' }));
  });
});

/** The edited text; undefined when it was refused for one of the honest reasons. */
function attempt(text: string, values: Record<string, string>): string | undefined {
  try {
    return editEnvText(text, values);
  } catch (error) {
    expect(error).toMatchObject({ reason: expect.stringMatching(/^(unquotable|not_editable)$/) });
    return undefined;
  }
}
