import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { openPage, press, pressForPage } from './form-reader.ts';
import type { RegisteredClient, Tokens } from './support.ts';
import {
  ARIEL,
  api,
  authorizeUrl,
  bearer,
  bodyOf,
  locationOf,
  REDIRECT_URI,
  redeem,
  registerClient,
  visit,
} from './support.ts';

let sandbox: Sandbox;
let client: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
  client = await registerClient(sandbox);
});
afterAll(() => sandbox.close());

describe('Logging in by the pages', () => {
  test('a persona and "Authorize" lead back with a code that is good for that person’s tokens', async () => {
    const signIn = await openPage(authorizeUrl(sandbox, client));
    const consent = await pressForPage(signIn, ARIEL);
    expect(consent.text).toContain('Test app');
    expect(consent.text).toContain('Acme');
    const back = await press(consent, 'Authorize');
    expect(back.status).toBe(303);
    const location = locationOf(back);
    expect(`${location.origin}${location.pathname}`).toBe(REDIRECT_URI);
    expect(location.searchParams.get('state')).toBe('a state & more');

    const answer = await redeem(sandbox, client, location.searchParams.get('code') ?? '');
    expect(answer.status).toBe(200);
    const { access_token: accessToken } = await bodyOf<Tokens>(answer);
    const member = await bodyOf(await api(sandbox, 'GET', '/members/me', bearer(accessToken)));
    expect(member.email).toBe(ARIEL);
    const caller = await bodyOf(await api(sandbox, 'GET', '/caller-identity', bearer(accessToken)));
    expect(caller).toMatchObject({ memberId: member._id, clientId: client.id, scopes: ['reader'] });
    const projects = await bodyOf(await api(sandbox, 'GET', '/projects', bearer(accessToken)));
    expect(projects.items).toHaveLength(3);
  });

  test('"Cancel" leads back with access_denied and the state', async () => {
    const consent = await pressForPage(await openPage(authorizeUrl(sandbox, client)), ARIEL);
    const { searchParams } = locationOf(await press(consent, 'Cancel'));
    expect(searchParams.get('error')).toBe('access_denied');
    expect(searchParams.get('state')).toBe('a state & more');
    expect(searchParams.has('code')).toBe(false);
  });

  test('a member of two accounts chooses one, and is refused with the account that did not register the app', async () => {
    const signIn = await openPage(authorizeUrl(sandbox, client));
    const chooser = await pressForPage(signIn, 'terry.two@acme.example');
    expect(chooser.text).toContain('Choose an account');
    expect((await pressForPage(chooser, 'Acme')).text).toContain('Authorize');
    const refusal = await pressForPage(chooser, 'Globex');
    expect(refusal.status).toBe(403);
    expect(refusal.text).toContain('not verified');
  });

  test('a consent form posted by another site is refused', async () => {
    for (const headers of [{ Origin: 'https://attacker.example' }, { 'Sec-Fetch-Site': 'cross-site' }]) {
      const res = await visit(`${sandbox.url}/trust/oauth/consent`, { method: 'POST', headers });
      expect(res.status).toBe(403);
    }
  });

  test('a page says that it is not LaunchDarkly, runs no script and fits in no frame', async () => {
    const res = await visit(authorizeUrl(sandbox, client));
    expect(await res.text()).toContain('This is not LaunchDarkly');
    expect(res.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(res.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
  });

  test('what an app calls itself is text on the page, whatever it holds', async () => {
    const name = '<script>alert(1)</script>"\'&';
    const hostile = await registerClient(sandbox, REDIRECT_URI, name);
    const { text } = await openPage(authorizeUrl(sandbox, hostile, { login_hint: '"><b>' }));
    expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;');
    expect(text).not.toContain('<script');
  });
});
