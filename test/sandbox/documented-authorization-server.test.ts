import { describe, expect, test } from '@jest/globals';
import { openPage, press, pressForPage } from './form-reader.ts';
import { client, sandbox } from './fresh-sandbox.ts';
import {
  ARIEL,
  api,
  authorizeUrl,
  bearer,
  bodyOf,
  codeFor,
  locationOf,
  pkcePair,
  redeem,
  tokensFor,
  visit,
} from './support.ts';

/*
 * What LaunchDarkly documents ("documented": its docs, its OpenAPI document, its own client or Terraform provider) and what
 * was seen of it in public code and captures ("observed"), each said as a sentence and seen at the sandbox.
 */

describe('The authorization server', () => {
  test('observed: its metadata, field for field', async () => {
    const res = await visit(`${sandbox.url}/.well-known/oauth-authorization-server`);
    expect(await bodyOf(res)).toEqual({
      issuer: sandbox.url,
      authorization_endpoint: `${sandbox.url}/trust/oauth/authorize`,
      token_endpoint: `${sandbox.url}/trust/oauth/token`,
      registration_endpoint: `${sandbox.url}/trust/oauth/register/dcr`,
      revocation_endpoint: `${sandbox.url}/trust/oauth/revoke`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token', 'client_credentials'],
      token_endpoint_auth_methods_supported: ['client_secret_basic', 'client_secret_post', 'none'],
      code_challenge_methods_supported: ['S256'],
      scopes_supported: ['reader', 'writer', 'observability', 'offline_access'],
    });
  });

  test('observed: 404 on the app host: openid-configuration and oauth-protected-resource', async () => {
    for (const name of ['openid-configuration', 'oauth-protected-resource']) {
      expect((await visit(`${sandbox.url}/.well-known/${name}`)).status).toBe(404);
    }
  });

  test('OpenID Connect is left out: /trust/oidc/* is 404', async () => {
    expect((await visit(`${sandbox.url}/trust/oidc/token`, { method: 'POST' })).status).toBe(404);
  });

  const returned = async (changes: Record<string, string | undefined>) =>
    locationOf(await visit(authorizeUrl(sandbox, client, changes))).searchParams;

  test('observed: response_type is code only', async () => {
    expect((await returned({ response_type: 'token' })).get('error')).toBe('unsupported_response_type');
  });

  test('observed: the redirect must be the registered one', async () => {
    const res = await visit(authorizeUrl(sandbox, client, { redirect_uri: 'https://other.example/' }));
    expect(res.headers.get('location')).toBeNull();
  });

  test('observed: scope is space separated, and one old sample omits it', async () => {
    expect((await tokensFor(sandbox, client, { scope: 'reader offline_access' })).scope).toBe(
      'reader offline_access',
    );
    expect((await tokensFor(sandbox, client, { scope: undefined })).scope).toBe('reader');
  });

  test('observed: state is not required, and returned unchanged when sent', async () => {
    const state = ' ü/+%20&=?#"<script>';
    expect((await returned({ state })).get('state')).toBe(state);
    const stateless = await returned({ state: undefined });
    expect([stateless.has('state'), stateless.has('code')]).toEqual([false, true]);
  });

  test('observed: code_challenge with S256 is advertised; clients with a secret are seen without it', async () => {
    const { verifier, challenge } = pkcePair();
    const code = await codeFor(sandbox, client, { code_challenge: challenge, code_challenge_method: 'S256' });
    expect((await redeem(sandbox, client, code, { code_verifier: verifier })).status).toBe(200);
    expect((await redeem(sandbox, client, await codeFor(sandbox, client))).status).toBe(200);
  });

  test('observed: clients expect error=access_denied when the member cancels', async () => {
    const signIn = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined }));
    const back = await press(await pressForPage(signIn, ARIEL), 'Cancel');
    expect(locationOf(back).searchParams.get('error')).toBe('access_denied');
  });

  test('documented: the scopes of ordinary apps are reader and writer; observed: the metadata adds two', async () => {
    for (const scope of ['reader', 'writer', 'observability', 'offline_access']) {
      expect((await returned({ scope })).has('code')).toBe(true);
    }
  });

  test.each(['info', 'read', 'write', 'openid', 'scim'])(
    'the scope %s is wrong for such a client',
    async (scope) => {
      expect((await returned({ scope })).get('error')).toBe('invalid_scope');
    },
  );

  test('documented: the token can never do more than its member, and shrinks when the member is downgraded', async () => {
    const hint = { scope: 'writer', login_hint: 'will.writer@acme.example' };
    const { access_token: token } = await tokensFor(sandbox, client, hint);
    const scopes = async () =>
      (await bodyOf(await api(sandbox, 'GET', '/caller-identity', bearer(token)))).scopes;
    expect(await scopes()).toEqual(['writer']);
    sandbox.changePersona(hint.login_hint, { role: 'reader' });
    expect(await scopes()).toEqual(['reader']);
  });

  test('documented: a reader who authorises an app wanting more gets a limited app, not an error', async () => {
    expect((await tokensFor(sandbox, client, { scope: 'writer' })).scope).toBe('reader');
  });

  test('documented: only members of the account that registered an unverified client can log in', async () => {
    const signIn = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined }));
    const refusal = await press(signIn, 'gus.globex@globex.example');
    expect([refusal.status, refusal.headers.get('location')]).toEqual([403, null]);
  });

  test('documented: one signed-in organization at a time, so a member of several has to choose', async () => {
    const signIn = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined }));
    const chooser = await pressForPage(signIn, 'terry.two@acme.example');
    expect(chooser.text).toMatch(/Acme[\s\S]*Globex/);
  });

  test('documented: first authorization shows the requested permissions and an Authorize button', async () => {
    const signIn = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined, scope: 'writer' }));
    const { text } = await pressForPage(signIn, 'will.writer@acme.example');
    expect(text).toContain('Read everything you have access to, and change what you may change');
    expect(text).toMatch(/<button[^>]*>Authorize<\/button>/);
  });

  test('documented: members and admins can revoke an authorized app; then expect 401', async () => {
    const { access_token: token } = await tokensFor(sandbox, client);
    sandbox.revokeAuthorizations(ARIEL);
    expect((await api(sandbox, 'GET', '/members/me', bearer(token))).status).toBe(401);
  });
});
