import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { safeReturnTo } from '../../src/auth/login-transaction.ts';

test.each([
  '/',
  '/account',
  '/account?tab=1&next=https://evil.example/',
  '/a/b/?q=%2F%2Fevil.example#part',
  '/search?q=a+b',
  '/caf%C3%A9',
  '/@evil.example',
  '/:80',
  '/a//b',
  `/${'x'.repeat(999)}`,
])('%s is kept as it is', (value) => {
  expect(safeReturnTo(value)).toBe(value);
});

test.each([
  ['an upward path', '/a/../account', '/account'],
  ['an upward path, encoded', '/a/%2e%2e/account', '/account'],
  ['a backslash within', '/a\\b', '/a/b'],
])('%s is what a browser makes of it', (_, value, expected) => {
  expect(safeReturnTo(value)).toBe(expected);
});

test.each([
  ['nothing', undefined],
  ['an empty text', ''],
  ['a list', ['/account', '/other']],
  ['an object', { toString: () => '/account' }],
  ['a number', 7],
  ['another site', 'https://evil.example/'],
  ['another site without slashes', 'https:evil.example'],
  ['a scheme alone', 'https:'],
  ['a scheme in capitals', 'HTTPS://evil.example'],
  ['another scheme', 'javascript:alert(1)'],
  ['a data URL', 'data:text/html,hello'],
  ['a path without its slash', 'account'],
  ['a dot', './account'],
  ['a query alone', '?a=b'],
  ['a fragment alone', '#a'],
  ['two slashes', '//evil.example'],
  ['two slashes and a path that exists here', '//evil.example/account'],
  ['three slashes', '///evil.example'],
  ['four slashes', '////evil.example'],
  ['slash and backslash', '/\\evil.example'],
  ['backslash and slash', '\\/evil.example'],
  ['two backslashes', '\\\\evil.example'],
  ['slash, backslash, slash', '/\\/evil.example'],
  ['slash, dot, two slashes', '/.//evil.example'],
  ['slash, dot, slash, backslash', '/./\\evil.example'],
  ['two dots, two slashes', '/..//evil.example'],
  ['a way down and up again', '/a/..//evil.example'],
  ['an encoded dot, two slashes', '/%2e//evil.example'],
  ['two encoded dots, two slashes', '/%2E%2e//evil.example'],
  ['dot and encoded dot', '/.%2e//evil.example'],
  ['a tab between slashes', '/\t/evil.example'],
  ['a newline between slashes', '/\n/evil.example'],
  ['a return between slashes', '/\r/evil.example'],
  ['a tab in front', '\t//evil.example'],
  ['a blank in front', ' //evil.example'],
  ['a blank within', '/a b'],
  ['a null character', '/\u0000/evil.example'],
  ['a header of its own', '/account\r\nSet-Cookie: a=b'],
  ['a delete character', '/\u007f/evil.example'],
  ['a full-width slash', '/／evil.example'],
  ['a division slash', '/∕evil.example'],
  ['an ideographic full stop', '/。/evil.example'],
  ['a byte order mark', '\ufeff//evil.example'],
  ['a no-break space', '/\u00a0/evil.example'],
  ['letters beyond ASCII, which no browser sends', '/café'],
  ['half a character', '/\ud800'],
  ['user name and host', '//user@evil.example'],
  ['an address with brackets', '//[::1]/'],
  ['a broken host', '//['],
  ['an endless path', `/${'x'.repeat(1000)}`],
])('%s leads home', (_, value) => {
  expect(safeReturnTo(value)).toBe('/');
});

const pieces = fc.constantFrom(
  ...['/', '\\', '.', '..', '%2e', '%2f', '%5c', '%00', ':', '@', '?', '#', ';', '\t', '\r\n', ' ', '\u0000'],
  ...['https:', 'http:', 'javascript:', 'evil.example', 'localhost', 'a', '／', '。', '\u202e', '[', ']', '%'],
);
const hostile = fc.oneof(
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 12 }).map((parts) => `/${parts.join('')}`),
  fc.string({ unit: 'binary' }),
  fc.webUrl(),
);

test.each(['https://app.example', 'http://localhost:3000', 'https://app.example:8443'])(
  'whatever is asked for, a browser stays at %s',
  (site) => {
    fc.assert(
      fc.property(hostile, (value) => {
        const returnTo = safeReturnTo(value);
        // As a Location header: resolved against the callback's own URL, and without anything a header may not hold.
        const { href, username } = new URL(returnTo, `${site}/auth/callback?code=x`);
        expect({ href, username }).toEqual({ href: site + returnTo, username: '' });
        expect(returnTo).toMatch(/^\/(?![/\\])[\x21-\x7e]*$/);
      }),
      { numRuns: 500 },
    );
  },
);
