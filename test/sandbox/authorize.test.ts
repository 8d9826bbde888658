import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { RegisteredClient } from './support.ts';
import { authorizeUrl, locationOf, pkcePair, REDIRECT_URI, registerClient, visit } from './support.ts';

let sandbox: Sandbox;
let client: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
  client = await registerClient(sandbox);
});
afterAll(() => sandbox.close());

describe('An authorization request that is not to be trusted gets a page, never a redirect', () => {
  const cases: Record<string, Record<string, string | undefined>> = {
    'no client_id': { client_id: undefined },
    'an unknown client': { client_id: '00000000-0000-4000-8000-000000000000' },
    'no redirect_uri': { redirect_uri: undefined },
    'a foreign redirect URI': { redirect_uri: 'https://attacker.example/callback' },
    'a trailing slash too many': { redirect_uri: `${REDIRECT_URI}/` },
    'another case': { redirect_uri: REDIRECT_URI.replace('callback', 'Callback') },
    'the default port spelled out': { redirect_uri: REDIRECT_URI.replace('.test', '.test:443') },
    'a query': { redirect_uri: `${REDIRECT_URI}?a=b` },
  };
  test.each(Object.entries(cases))('%s', async (_, changes) => {
    const res = await visit(authorizeUrl(sandbox, client, changes));
    expect(res.status).toBe(400);
    expect(res.headers.get('location')).toBeNull();
    expect(await res.text()).toContain('This login cannot go on');
  });

  test.each(['client_id', 'redirect_uri'])('%s sent twice', async (name) => {
    const url = authorizeUrl(sandbox, client);
    const twice = `${url}&${name}=${encodeURIComponent(new URL(url).searchParams.get(name) ?? '')}`;
    const res = await visit(twice);
    expect(res.status).toBe(400);
    expect(res.headers.get('location')).toBeNull();
  });
});

describe('Any other mistake goes back to the app as an error, with its state', () => {
  const { challenge } = pkcePair();
  const cases: Record<string, [Record<string, string | undefined>, string]> = {
    'no response_type': [{ response_type: undefined }, 'invalid_request'],
    'the implicit flow': [{ response_type: 'token' }, 'unsupported_response_type'],
    'an unknown scope': [{ scope: 'reader read' }, 'invalid_scope'],
    'the scope openid, which is in no metadata': [{ scope: 'openid' }, 'invalid_scope'],
    'a plain PKCE challenge': [
      { code_challenge: challenge, code_challenge_method: 'plain' },
      'invalid_request',
    ],
    'a challenge without a method, which means plain': [{ code_challenge: challenge }, 'invalid_request'],
    'a method without a challenge': [{ code_challenge_method: 'S256' }, 'invalid_request'],
    'a challenge that is no digest': [
      { code_challenge: 'short', code_challenge_method: 'S256' },
      'invalid_request',
    ],
  };
  test.each(Object.entries(cases))('%s', async (_, [changes, error]) => {
    const { searchParams } = locationOf(await visit(authorizeUrl(sandbox, client, changes)));
    expect(searchParams.get('error')).toBe(error);
    expect(searchParams.get('state')).toBe('a state & more');
    expect(searchParams.has('code')).toBe(false);
  });

  test('a repeated parameter; a repeated state is not returned', async () => {
    const scopes = locationOf(await visit(`${authorizeUrl(sandbox, client)}&scope=writer`)).searchParams;
    expect(scopes.get('error')).toBe('invalid_request');
    const states = locationOf(await visit(`${authorizeUrl(sandbox, client)}&state=other`)).searchParams;
    expect(states.get('error')).toBe('invalid_request');
    expect(states.has('state')).toBe(false);
  });
});

describe('Auto-approval', () => {
  test('answers a login_hint at once, and keeps the redirect URI character for character', async () => {
    const res = await visit(authorizeUrl(sandbox, client));
    expect(res.status).toBe(302);
    expect(res.headers.get('location')).toMatch(/^https:\/\/app\.example\.test\/auth\/callback\?code=/);
  });

  test('shows the page when the hint is missing, names nobody, or names someone from another account', async () => {
    for (const hint of [undefined, 'nobody@acme.example', 'gus.globex@globex.example']) {
      expect((await visit(authorizeUrl(sandbox, client, { login_hint: hint }))).status).toBe(200);
    }
  });

  test('is not set off by HEAD or OPTIONS', async () => {
    for (const method of ['HEAD', 'OPTIONS']) {
      const res = await visit(authorizeUrl(sandbox, client), { method });
      expect(res.status).toBe(405);
      expect(res.headers.get('location')).toBeNull();
    }
  });
});
