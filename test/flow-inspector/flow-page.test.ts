import { readFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { HtmlValidate } from 'html-validate';
import { cookieName } from '../../src/auth/index.ts';
import type { MessageKind } from '../../src/flow-inspector/flow.ts';
import { messageNotes } from '../../src/flow-inspector/notes.ts';
import { Browser } from '../support/browser.ts';
import type { InspectedApp } from '../support/inspected-app.ts';
import { backChannel, logIn, refusedCode, secrets, startInspectedApp } from '../support/inspected-app.ts';
import { logIn as logInForReal, startTestApp } from '../support/test-app.ts';

let app: Pick<InspectedApp, 'url'> & { close(): void | Promise<void> };

afterEach(() => app.close());

async function flowPage(browser: Browser, query = ''): Promise<string> {
  return (await browser.request(`${app.url}/flow${query}`)).body;
}

/** The headings of the steps, in order. */
function titles(html: string): string[] {
  return [...html.matchAll(/<h2><span class="soft">\d+\.<\/span> (.*?)<\/h2>/g)].map((match) => String(match[1]));
}

/** What the page lists as recorded, newest first. */
function recordsOn(html: string): string[] {
  const [, list = ''] = /<ul class="records">(.*?)<\/ul>/s.exec(html) ?? [];
  return [...list.matchAll(/<a [^>]*>(.*?)<\/a>/g)].map(([, title = '']) => title);
}

const wholeLogin: MessageKind[] = ['login', 'authorize', 'callback', 'token', 'getCallerIdentity', 'getMember'];

describe('a login that succeeds', () => {
  test('is shown message by message, each with its parameters explained and the code behind it', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    const html = await flowPage(await logIn(app));

    expect(titles(html)).toEqual(wholeLogin.map((kind) => messageNotes[kind].title));
    expect(html).toContain('It succeeded in 6 messages');
    for (const name of [
      'code_challenge',
      'redirect_uri',
      'grant_type',
      'code_verifier',
      'accountId',
      '_pendingInvite',
    ]) {
      expect(html).toMatch(new RegExp(`<dt><code>${name}</code></dt>.*?<dd class="note">[A-Z][^<]{20,}</dd>`));
    }
    expect(html).toContain('?file=src/auth/authorization-code.ts&amp;name=exchangeAuthorizationCode');
  });

  test('shows no secret, only masks by which equal values can be told', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    const browser = await logIn(app);
    const html = await flowPage(browser);

    for (const secret of [
      ...Object.values(secrets),
      ...[...browser.cookies(app.url).values()].map(({ value }) => value),
    ]) {
      expect(html).not.toContain(secret);
      expect(html).not.toContain(encodeURIComponent(secret));
      expect(html).not.toContain(secret.slice(4, 16));
    }
    expect(html.split('acc…(39)').length).toBeGreaterThan(3);
    expect(html).toMatch(/Bearer acc…\(39\)·[0-9a-f]{6}<\/code> <span class="also">same in step/);
    expect(html).toContain('an API that repeats acc…(39)');
  });

  test('offers every request as curl with a variable in the place of each secret', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    const html = await flowPage(await logIn(app));
    for (const part of ['$CODE&quot;', '$CODE_VERIFIER', '$LD_OAUTH_CLIENT_SECRET', 'Bearer $ACCESS_TOKEN', '$STATE']) {
      expect(html).toContain(part);
    }
  });

  test('is valid HTML, as a whole and step by step, with a drawing that has a name', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    const browser = await logIn(app);
    const validator = new HtmlValidate({
      extends: ['html-validate:standard'],
      rules: { 'no-trailing-whitespace': 'off' },
    });
    for (const html of [await flowPage(browser), await flowPage(browser, '?step=4')]) {
      const { results } = await validator.validateString(html);
      expect(results.flatMap(({ messages }) => messages.map((m) => `${m.line}: ${m.message}`))).toEqual([]);
      expect(html).toMatch(/<svg class="diagram"[^>]+role="group" aria-label="[^"]+"/);
    }
  });
});

describe('a login that fails', () => {
  test('names the step and its reason, and shows what LaunchDarkly said without the code in it', async () => {
    app = await startInspectedApp({ exchanges: refusedCode(), failure: new Error('refused') });
    const html = await flowPage(await logIn(app));

    expect(html).toContain('It failed at step 4 of 4');
    expect(html).toMatch(/<li class="message from-app is-failed" id="step-4">/);
    expect(html).toContain('The code was refused');
    expect(html).toContain('Unknown code cod…(25)');
    expect(html).not.toContain(secrets.code);
  });

  test('at LaunchDarkly’s own no, points at the authorization request', async () => {
    app = await startInspectedApp({ failure: new Error('denied') });
    const browser = new Browser();
    await browser.request(`${app.url}/auth/login`);
    await browser.request(`${app.url}/auth/callback?error=access_denied&state=${secrets.state}`);
    expect(await flowPage(browser)).toMatch(/<li class="message from-browser is-failed" id="step-2">/);
  });

  test('of an attempt nobody knows, shows the callback alone', async () => {
    app = await startInspectedApp({ failure: new Error('unknown') });
    const browser = new Browser();
    await browser.request(`${app.url}/auth/callback?code=abc&state=somebody-elses-state`);
    const html = await flowPage(browser);
    expect(titles(html)).toEqual([messageNotes.callback.title]);
    expect(html).toContain('It failed at step 1 of 1');
  });
});

describe('what is recorded', () => {
  test('can be seen by the browser that logged in, and by no other', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    await logIn(app);
    const other = new Browser();
    const page = await other.request(`${app.url}/flow`, { headers: { cookie: 'flow=a-guess' } });
    expect(page.body).toContain('Nothing recorded yet');
  });

  test('is filed under an id of our own making, whatever cookie a browser brings', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    const browser = new Browser();
    const name = cookieName('flow', app.url);
    const planted = { headers: { cookie: `${name}=planted` } };
    await browser.request(`${app.url}/auth/login`, planted);
    expect(browser.cookies(app.url).get(name)?.value).toMatch(/^[\w-]{32}$/);
    expect((await new Browser().request(`${app.url}/flow`, planted)).body).toContain('Nothing recorded yet');
  });

  test('is erased by logging out: only that is left', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    const browser = await logIn(app);
    await browser.request(`${app.url}/auth/logout`, { method: 'POST' });
    expect(titles(await flowPage(browser))).toEqual([messageNotes.logout.title]);
    expect(recordsOn(await flowPage(browser))).toEqual(['Log out']);
  });

  test('is bounded: five attempts, and messages cut when they are long', async () => {
    app = await startInspectedApp({ exchanges: backChannel() });
    const browser = new Browser();
    for (let attempt = 0; attempt < 8; attempt++) {
      await browser.request(`${app.url}/auth/login?returnTo=/${'x'.repeat(4000)}`);
    }
    const html = await flowPage(browser);
    expect(recordsOn(html)).toEqual(new Array(5).fill('Login'));
    expect(html).not.toContain('x'.repeat(600));
    expect(await flowPage(browser, '?attempt=999&attempt=x')).toContain('The login starts');
  });

  test('is not a link that the browser only prefetches', async () => {
    app = await startInspectedApp({});
    const browser = new Browser();
    await browser.request(`${app.url}/auth/login`, { headers: { 'Sec-Purpose': 'prefetch' } });
    expect(browser.cookies(app.url).has('flow')).toBe(false);
  });

  test('is nothing at all when the inspector is off', async () => {
    const real = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
    app = real;
    const { browser } = await logInForReal(real);
    expect([...browser.cookies(real.url).keys()].filter((name) => name.includes('flow'))).toEqual([]);
    expect((await browser.request(`${real.url}/flow`)).body).toContain('switched off');
  });
});

test('every file and function that the inspector names exists', async () => {
  app = await startInspectedApp({});
  for (const { source } of Object.values(messageNotes)) {
    if (source) expect(await readFile(source.file, 'utf8')).toMatch(new RegExp(`\\b${source.name}\\(`));
  }
});
