import { expect, test } from '@jest/globals';
import { HtmlValidate } from 'html-validate';
import { createAssets } from '../../src/web/assets.ts';
import { escapeHtml } from '../../src/web/views.ts';
import { allPages, views } from '../support/sample-pages.ts';

const validator = new HtmlValidate({
  extends: ['html-validate:standard'],
  rules: { 'no-trailing-whitespace': 'off', 'no-implicit-button-type': 'error' },
});

test.each(allPages())('%s is valid HTML', async (_name, html) => {
  const report = await validator.validateString(html);
  expect(report.results.flatMap((result) => result.messages.map((m) => `${m.line}: ${m.message}`))).toEqual([]);
});

test.each(allPages())(
  '%s has no inline script, style or event handler, and fetches nothing from elsewhere',
  (_name, html) => {
    expect(html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc="\/assets\/)|javascript:/i);
    expect(html).not.toMatch(/<(link|script|img)[^>]+(href|src)="(https?:)?\/\//i);
  },
);

test.each(allPages())('%s has one main heading and a title that says where one is', (_name, html) => {
  expect(html.match(/<h1[ >]/g)).toHaveLength(1);
  expect(html).toMatch(/<title>[^<]{10,80}<\/title>/);
});

test('values from outside are escaped, in text and in attributes', () => {
  const hostile = `"><script>alert('&')</script>`;
  const html = views().render('failure', {
    status: 400,
    code: hostile,
    title: hostile,
    message: hostile,
    cause: hostile,
    nextStep: hostile,
    tryAgainHref: hostile,
    docsHref: hostile,
    requestId: hostile,
  });
  expect(html).not.toContain('<script>alert');
  expect(html).not.toContain('href=""');
  expect(escapeHtml(hostile)).toBe('&quot;&gt;&lt;script&gt;alert(&#39;&amp;&#39;)&lt;/script&gt;');
});

test('the failure page names the code and the request, and offers the way back', () => {
  const html = views().render('failure', {
    status: 502,
    code: 'exchange_failed',
    title: 'LaunchDarkly did not answer',
    message: 'The login could not be finished.',
    nextStep: 'Try again in a minute.',
    tryAgainHref: '/auth/login?returnTo=%2Faccount',
    requestId: 'request-1',
  });
  for (const text of [
    'exchange_failed',
    'request-1',
    'href="/auth/login?returnTo=%2Faccount"',
    'role="alert"',
    'Error 502',
  ]) {
    expect(html).toContain(text);
  }
  expect(html).not.toContain('undefined');
});

test('asking for an asset that is not there fails when the page is made', () => {
  expect(() => createAssets().href('missing.css')).toThrow('There is no missing.css');
});
