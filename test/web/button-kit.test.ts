import { expect, test } from '@jest/globals';
import { escapeHtml } from '../../src/web/views.ts';
import { buttonCss, views } from '../support/sample-pages.ts';

const css = buttonCss();
const html = views().render('button', { css });

test('the style sheet to copy is whole: it fetches nothing and uses no variable from elsewhere', () => {
  expect(css).not.toMatch(/@import|url\(/);
  const defined = new Set(css.match(/--ld-[a-z-]+(?=:)/g));
  const used = [...css.matchAll(/var\((--[a-z-]+)/g)].map((match) => match[1]);
  expect(used.filter((name) => !defined.has(String(name)))).toEqual([]);
});

test('the page shows that very style sheet, and both wordings', () => {
  expect(html).toContain(escapeHtml(css));
  expect(html).toContain('>Log in with LaunchDarkly</a>');
  expect(html).toContain('>Sign in with LaunchDarkly</a>');
});

test('every state and look that the page shows is one that the style sheet knows', () => {
  for (const name of new Set(html.match(/ld-button--[a-z]+/g))) expect(css).toContain(`.${name}`);
  for (const state of [
    ':hover',
    ':active',
    ':focus-visible',
    ':disabled',
    'aria-disabled="true"',
    'aria-busy="true"',
  ]) {
    expect(css).toContain(state);
  }
  for (const state of ['default', 'hover', 'focus', 'active', 'disabled', 'busy'])
    expect(html).toContain(`show-${state}`);
});

test('right-to-left texts say so, and the style sheet has no left or right', () => {
  expect(html).toMatch(/lang="ar" dir="rtl"/);
  expect(html).toMatch(/lang="he" dir="rtl"/);
  expect(css).not.toMatch(/(padding|margin|border)-(left|right)|text-align: (left|right)|[^-]\b(left|right):/);
});
