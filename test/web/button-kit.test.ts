import { expect, test } from '@jest/globals';
import { readButtonKit } from '../../src/web/pages.ts';
import { escapeHtml } from '../../src/web/views.ts';
import { views } from '../support/sample-pages.ts';

const kit = readButtonKit();
const { css } = kit;
const html = views().render('button', { kit });

test('the style sheet to copy is whole: it fetches nothing and uses no variable from elsewhere', () => {
  expect(css).not.toMatch(/@import|url\(/);
  const defined = new Set(css.match(/--ld-[a-z-]+(?=:)/g));
  const used = [...css.matchAll(/var\((--[a-z-]+)/g)].map((match) => match[1]);
  expect(used.filter((name) => !defined.has(String(name)))).toEqual([]);
});

test('the page shows every file as it is and offers it for download, and shows both wordings', () => {
  for (const [kind, text] of Object.entries(kit)) {
    expect(html).toContain(escapeHtml(text));
    expect(html).toContain(`download="launchdarkly-button.${kind}"`);
  }
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

test('labels in at least twelve languages name LaunchDarkly once, some of them right to left', () => {
  const labels: Record<string, string> = JSON.parse(kit['labels.json']);
  expect(Object.keys(labels).length).toBeGreaterThanOrEqual(12);
  expect(Intl.getCanonicalLocales(Object.keys(labels))).toEqual(Object.keys(labels));
  expect(new Set(Object.values(labels)).size).toBe(Object.keys(labels).length);
  for (const label of Object.values(labels)) expect(label.match(/LaunchDarkly/g)).toHaveLength(1);
});

test('right-to-left texts say so, and the style sheet has no left or right', () => {
  expect(html).toMatch(/lang="ar" dir="rtl"/);
  expect(html).toMatch(/lang="he" dir="rtl"/);
  expect(css).not.toMatch(/(padding|margin|border)-(left|right)|text-align: (left|right)|[^-]\b(left|right):/);
});
