import { describe, expect, test } from '@jest/globals';
import { FAULT_KINDS } from '../../src/sandbox/faults/fault-menu.ts';
import { PRESET_NAMES, PRESETS } from '../../src/sandbox/faults/presets.ts';
import type { Page } from './form-reader.ts';
import { linkOf, openPage, pageOf, press } from './form-reader.ts';
import { client, sandbox } from './fresh-sandbox.ts';
import { ARIEL, authorizeUrl, bodyOf, registerClient, tokensFor, withSandbox } from './support.ts';

/* The sandbox's pages as a person uses them, without JavaScript. */

const HTML = { headers: { Accept: 'text/html' } };
const open = (path: string) => openPage(`${sandbox.url}${path}`, HTML);
/** Presses a button and follows the redirect to the page after it. */
async function pressOn(page: Page, label: string): Promise<Page> {
  const res = await press(page, label);
  expect(res.status).toBe(303);
  return open(new URL(res.headers.get('location') ?? '', page.url).href.slice(sandbox.url.length));
}
const follow = (page: Page, label: string) => open(linkOf(page, label));
const statusOf = ({ text }: Page) =>
  /<div class="notice" role="status">([\s\S]*?)<\/div>/.exec(text)?.[1] ?? '';

describe('The sign-in page', () => {
  test('has its people under headings that say what they are for', async () => {
    const { text } = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined }));
    const parts = text.split(/<h2[^>]*>([^<]*)<\/h2>/);
    expect(parts.filter((_, index) => index % 2 === 1)).toEqual([
      'Start here',
      'Cases that apps get wrong',
      'Names that break layouts',
    ]);
    expect(parts[2]).toContain(ARIEL);
    expect(parts[4]).toContain('gus.globex@globex.example');
    expect(parts[6]).toContain('yuki@acme.example');
  });

  test('has the one that the app suggests first', async () => {
    await withSandbox({}, async (asking) => {
      const made = await registerClient(asking);
      const { text } = await openPage(authorizeUrl(asking, made, { login_hint: 'yuki@acme.example' }));
      expect(text).toContain('Suggested by the app');
      expect(text.indexOf('yuki@acme.example')).toBeLessThan(text.indexOf(ARIEL));
    });
  });
});

describe('Every preset', () => {
  test.each(PRESET_NAMES)('%s: one button, then what to expect', async (name) => {
    const { title, expect: outcome, effect } = PRESETS[name];
    const page = await open('/__sandbox/faults');
    expect(page.text).toContain(title);
    const res = await fetch(`${sandbox.url}/__sandbox/presets`, {
      method: 'POST',
      body: new URLSearchParams({ preset: name, persona: ARIEL }),
      redirect: 'manual',
      ...HTML,
    });
    const after = await open(res.headers.get('location') ?? '');
    expect(statusOf(after)).toContain(outcome.replaceAll('"', '&quot;'));
    if (effect.type === 'faults') expect(sandbox.faults()).toEqual(effect.faults);
  });

  test('is there for programs, with its failures by name', async () => {
    const { presets } = await bodyOf<{ presets: object }>(await fetch(`${sandbox.url}/__sandbox/faults`));
    expect(Object.keys(presets)).toEqual(PRESET_NAMES);
    const apply = (body: object) =>
      fetch(`${sandbox.url}/__sandbox/presets`, {
        method: 'POST',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify(body),
      });
    expect(await bodyOf(await apply({ preset: 'launchdarkly-down' }))).toEqual({
      preset: 'launchdarkly-down',
      faults: [{ endpoint: '*', fault: 'http_503' }],
    });
    await tokensFor(sandbox, client).catch(() => {});
    sandbox.setFaults([]);
    await tokensFor(sandbox, client);
    expect((await apply({ preset: 'authorization-withdrawn', persona: ARIEL })).status).toBe(200);
    expect(sandbox.state().authorizations.some(({ active }) => active)).toBe(false);
    await apply({ preset: 'downgraded-while-logged-in', persona: ARIEL });
    await apply({ preset: 'removed-while-logged-in', persona: ARIEL });
    expect(sandbox.personas().find(({ email }) => email === ARIEL)).toMatchObject({
      role: 'no_access',
      removed: true,
    });
    for (const bad of [
      { preset: 'x' },
      { preset: 'removed-while-logged-in' },
      { preset: 'removed-while-logged-in', persona: 'x' },
    ]) {
      expect((await apply(bad)).status).toBe(400);
    }
  });

  test('uses failures that their endpoints can have', () => {
    for (const { effect } of Object.values(PRESETS)) {
      for (const { endpoint, fault } of effect.type === 'faults' ? effect.faults : []) {
        if (endpoint !== '*') expect(FAULT_KINDS[fault].endpoints).toContain(endpoint);
      }
    }
  });
});

describe('Each action says what it did and what comes next', () => {
  test('switching a failure on and off', async () => {
    const on = await pressOn(await open('/__sandbox/faults'), 'Switch on');
    expect(statusOf(on)).toContain('Switched on.');
    const off = await pressOn(on, 'Switch off');
    expect(statusOf(off)).toContain('Switched off.');
    expect(off.text).toContain('all is well');
  });

  test('removing a persona and putting them back', async () => {
    const removed = await pressOn(await open('/__sandbox/personas'), 'Remove');
    expect(statusOf(removed)).toMatch(/Ariel Flores is removed from Acme\.[\s\S]*when it next asks/);
    expect(statusOf(await pressOn(removed, 'Put back'))).toContain('Ariel Flores is back in Acme.');
  });

  test('letting time pass, and saving switches', async () => {
    expect(statusOf(await pressOn(await open('/'), 'Go'))).toMatch(
      /It is \d{4}-\d{2}-\d{2} \d{2}:\d{2} UTC here now/,
    );
    const page = await open('/__sandbox/switches');
    expect(statusOf(await pressOn(page, 'Save'))).toContain('Saved.');
  });

  test('says nothing that the address bar made up', async () => {
    const { text } = await open('/__sandbox/faults?done=%3Cb%3Ehello&preset=x&persona=y');
    expect(text).not.toContain('hello');
    expect(text).not.toContain('class="notice"');
  });
});

describe('What cannot be taken back is asked about first', () => {
  test('starting over, with and without clients', async () => {
    await tokensFor(sandbox, client);
    const question = await follow(await open('/'), 'Start over, delete clients too');
    expect(question.text).toContain('One registered client is deleted.');
    expect(sandbox.state().clients).toHaveLength(1);
    expect((await follow(question, 'Cancel')).text).toContain('Registered clients');
    const kept = await follow(await open('/'), 'Start over, keep clients');
    expect(sandbox.state().authorizations).toHaveLength(1);
    expect(statusOf(await pressOn(kept, 'Yes, start over'))).toContain('still registered');
    expect([sandbox.state().authorizations, sandbox.state().clients.length]).toEqual([[], 1]);
    const after = await pressOn(question, 'Yes, delete the clients too');
    expect(statusOf(after)).toContain('has to register again');
    expect(sandbox.state().clients).toEqual([]);
  });

  test('revoking apps, and emptying the ledger', async () => {
    await tokensFor(sandbox, client);
    const revoke = await follow(await open('/__sandbox/personas'), 'Revoke apps');
    expect(sandbox.state().authorizations[0]?.active).toBe(true);
    expect(statusOf(await pressOn(revoke, 'Yes, revoke'))).toContain('has lost its tokens');
    expect(sandbox.state().authorizations[0]?.active).toBe(false);
    const empty = await follow(await open('/__sandbox/ledger'), 'Empty the ledger');
    expect(sandbox.ledger().length).toBeGreaterThan(0);
    expect(statusOf(await pressOn(empty, 'Yes, empty the ledger'))).toContain('The ledger is empty.');
    expect(sandbox.ledger()).toEqual([]);
  });

  test('an unknown question is no page', async () => {
    expect((await open('/__sandbox/confirm?action=everything')).status).toBe(404);
  });
});

describe('The front page', () => {
  test('leads to the app that is registered, and to what is on', async () => {
    const calm = await open('/');
    expect(linkOf(calm, 'Open app.example.test')).toBe('https://app.example.test/');
    expect(calm.text).not.toContain('switched on.');
    sandbox.setFault({ endpoint: 'token', fault: 'http_503' });
    expect((await open('/')).text).toContain('A failure is switched on.');
  });

  test('logs out who is remembered', async () => {
    sandbox.setSwitches({ rememberSession: true });
    await press(await openPage(authorizeUrl(sandbox, client, { login_hint: undefined })), ARIEL);
    const after = await pressOn(await open('/'), 'Log out here');
    expect(statusOf(after)).toContain('Nobody is logged in here now.');
    expect(sandbox.state().browserSessions).toBe(0);
  });
});

describe('Where somebody is stuck there is a way out', () => {
  test('at a request that is refused, at an app for others, at a form that asks for nonsense', async () => {
    const refused = await openPage(`${sandbox.url}/trust/oauth/authorize?client_id=gone`);
    expect(linkOf(refused, 'See what is registered here')).toBe('/');
    const signIn = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined }));
    const outsider = await pageOf(await press(signIn, 'gus.globex@globex.example'));
    expect(linkOf(outsider, 'Go back to app.example.test')).toBe('https://app.example.test/');
    const nonsense = await fetch(`${sandbox.url}/__sandbox/faults`, {
      method: 'POST',
      body: new URLSearchParams({ endpoint: 'token', fault: 'nothing' }),
      ...HTML,
    });
    expect([nonsense.status, await nonsense.text()]).toEqual([
      400,
      expect.stringContaining('Nothing was changed'),
    ]);
  });
});
