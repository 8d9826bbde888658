import { describe, expect, test } from '@jest/globals';
import type { Switches } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { linkOf, openPage, pageOf, press } from './form-reader.ts';
import { client, sandbox } from './fresh-sandbox.ts';
import type { Tokens } from './support.ts';
import {
  ARIEL,
  api,
  authorizeUrl,
  bearer,
  bodyOf,
  codeFor,
  locationOf,
  pkcePair,
  postToken,
  REDIRECT_URI,
  redeem,
  refresh,
  registerClient,
  tokensFor,
  visit,
} from './support.ts';

const GUS = { login_hint: 'gus.globex@globex.example' };
const callerStatus = async (authorization: string) =>
  (await api(sandbox, 'GET', '/caller-identity', { headers: { Authorization: authorization } })).status;

const CHECKS: Record<keyof Switches, () => Promise<void>> = {
  async httpLocalhostRedirectUris() {
    const uris = ['http://localhost:3000/cb', 'http://127.0.0.1/cb', 'http://[::1]:8080/cb'];
    for (const uri of uris) await expect(registerClient(sandbox, uri)).rejects.toThrow('https');
    sandbox.setSwitches({ httpLocalhostRedirectUris: true });
    for (const uri of uris) expect(await registerClient(sandbox, uri)).toHaveProperty('secret');
    await expect(registerClient(sandbox, 'http://app.example.test/cb')).rejects.toThrow('https');
  },
  async verifiedClients() {
    expect((await visit(authorizeUrl(sandbox, client, GUS))).status).toBe(200);
    sandbox.setSwitches({ verifiedClients: true });
    const { access_token: token } = await tokensFor(sandbox, client, GUS);
    const member = await bodyOf(await api(sandbox, 'GET', '/members/me', bearer(token)));
    expect(member.email).toBe(GUS.login_hint);
  },
  async outsiderAnswer() {
    const signIn = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined }));
    expect((await press(signIn, GUS.login_hint)).status).toBe(403);
    sandbox.setSwitches({ outsiderAnswer: 'redirect' });
    const parameters = locationOf(await press(signIn, GUS.login_hint)).searchParams;
    expect(parameters.get('error')).toBe('access_denied');
  },
  async clientListPageSize() {
    for (const _ of [1, 2, 3, 4]) await registerClient(sandbox);
    sandbox.setSwitches({ clientListPageSize: 2 });
    const pages: number[] = [];
    let path: string | undefined = '/oauth/clients';
    while (path && pages.length < 10) {
      const page: { items: unknown[]; _links: { next?: { href: string } } } = await bodyOf(
        await api(sandbox, 'GET', path),
      );
      pages.push(page.items.length);
      path = page._links.next?.href.replace('/api/v2', '');
    }
    expect(pages).toEqual([2, 2, 1]);
  },
  async absoluteNextLinks() {
    await registerClient(sandbox);
    sandbox.setSwitches({ clientListPageSize: 1, absoluteNextLinks: true });
    const page = await bodyOf<{ _links: { next: { href: string } } }>(
      await api(sandbox, 'GET', '/oauth/clients'),
    );
    expect(page._links.next.href).toMatch(new RegExp(`^${sandbox.url}/api/v2/oauth/clients`));
  },
  async weakTokenStatus() {
    const headers = { Authorization: sandbox.readerToken };
    expect((await api(sandbox, 'GET', '/oauth/clients', { headers })).status).toBe(403);
    sandbox.setSwitches({ weakTokenStatus: 401 });
    expect((await api(sandbox, 'GET', '/oauth/clients', { headers })).status).toBe(401);
  },
  async looseAuthorizationHeader() {
    const { access_token: token } = await tokensFor(sandbox, client);
    expect([await callerStatus(token), await callerStatus(`Bearer ${sandbox.adminToken}`)]).toEqual([
      401, 401,
    ]);
    sandbox.setSwitches({ looseAuthorizationHeader: true });
    expect([await callerStatus(token), await callerStatus(`Bearer ${sandbox.adminToken}`)]).toEqual([
      200, 200,
    ]);
  },
  async noAccessReadsProfile() {
    const { access_token: token } = await tokensFor(sandbox, client, {
      login_hint: 'noa.noaccess@acme.example',
    });
    const profile = async () => (await api(sandbox, 'GET', '/members/me', bearer(token))).status;
    expect([await profile(), await callerStatus(`Bearer ${token}`)]).toEqual([403, 200]);
    sandbox.setSwitches({ noAccessReadsProfile: true });
    expect(await profile()).toBe(200);
  },
  async requirePkce() {
    sandbox.setSwitches({ requirePkce: true });
    const parameters = locationOf(await visit(authorizeUrl(sandbox, client))).searchParams;
    expect(parameters.get('error')).toBe('invalid_request');
  },
  async requireScope() {
    const scopeless = authorizeUrl(sandbox, client, { scope: undefined });
    expect(locationOf(await visit(scopeless)).searchParams.has('code')).toBe(true);
    sandbox.setSwitches({ requireScope: true });
    expect(locationOf(await visit(scopeless)).searchParams.get('error')).toBe('invalid_scope');
  },
  async iss() {
    const iss = async () => locationOf(await visit(authorizeUrl(sandbox, client))).searchParams.get('iss');
    expect(await iss()).toBeNull();
    sandbox.setSwitches({ iss: 'right' });
    expect(await iss()).toBe(sandbox.url);
    sandbox.setSwitches({ iss: 'wrong' });
    expect(await iss()).not.toBe(sandbox.url);
  },
  async refreshTokens() {
    sandbox.setSwitches({ refreshTokens: 'offline_access' });
    expect(await tokensFor(sandbox, client)).not.toHaveProperty('refresh_token');
    expect(await tokensFor(sandbox, client, { scope: 'reader offline_access' })).toHaveProperty(
      'refresh_token',
    );
    sandbox.setSwitches({ refreshTokens: 'never' });
    expect(await tokensFor(sandbox, client, { scope: 'reader offline_access' })).not.toHaveProperty(
      'refresh_token',
    );
  },
  async grantedScope() {
    const asked = { scope: 'reader offline_access' };
    expect((await tokensFor(sandbox, client, asked)).scope).toBe('reader offline_access');
    sandbox.setSwitches({ grantedScope: 'reader' });
    expect((await tokensFor(sandbox, client, asked)).scope).toBe('reader');
    sandbox.setSwitches({ grantedScope: 'none' });
    expect((await tokensFor(sandbox, client, asked)).scope).toBe('');
  },
  async refreshAnswer() {
    const renew = async () => {
      const { refresh_token: token } = await tokensFor(sandbox, client);
      const renewed = await bodyOf<Tokens>(await refresh(sandbox, client, token));
      const again = await refresh(sandbox, client, token);
      return [renewed.refresh_token && renewed.refresh_token === token, again.status] as const;
    };
    expect(await renew()).toEqual([false, 400]);
    sandbox.setSwitches({ refreshAnswer: 'same' });
    expect(await renew()).toEqual([true, 200]);
    sandbox.setSwitches({ refreshAnswer: 'omit' });
    expect(await renew()).toEqual([undefined, 200]);
  },
  async refreshTokenReuse() {
    const reuse = async () => {
      const { refresh_token: old } = await tokensFor(sandbox, client);
      const renewed = await bodyOf<Tokens>(await refresh(sandbox, client, old));
      const status = (await refresh(sandbox, client, old)).status;
      return [status, await callerStatus(`Bearer ${renewed.access_token}`)];
    };
    expect(await reuse()).toEqual([400, 401]);
    sandbox.setSwitches({ refreshTokenReuse: 'refuse' });
    expect(await reuse()).toEqual([400, 200]);
    sandbox.setSwitches({ refreshTokenReuse: 'accept' });
    expect(await reuse()).toEqual([200, 200]);
  },
  async revocationScope() {
    /** Revokes one token of a login; whether its own two and those of another login work afterwards. */
    const afterRevoking = async (kind: 'access_token' | 'refresh_token') => {
      const [first, second] = [await tokensFor(sandbox, client), await tokensFor(sandbox, client)];
      const form = { token: first[kind], client_id: client.id, client_secret: client.secret };
      const body = new URLSearchParams(form);
      expect((await visit(`${sandbox.url}/trust/oauth/revoke`, { method: 'POST', body })).status).toBe(200);
      return Promise.all([
        callerStatus(`Bearer ${first.access_token}`),
        refresh(sandbox, client, first.refresh_token).then((res) => res.status),
        callerStatus(`Bearer ${second.access_token}`),
        refresh(sandbox, client, second.refresh_token).then((res) => res.status),
      ]);
    };
    for (const kind of ['access_token', 'refresh_token'] as const) {
      sandbox.setSwitches({ revocationScope: 'grant' });
      expect(await afterRevoking(kind)).toEqual([
        ...(kind === 'access_token' ? [401, 200] : [401, 400]),
        ...[200, 200],
      ]);
      sandbox.setSwitches({ revocationScope: 'token' });
      expect(await afterRevoking(kind)).toEqual([
        ...(kind === 'access_token' ? [401, 200] : [200, 400]),
        ...[200, 200],
      ]);
      sandbox.setSwitches({ revocationScope: 'member' });
      expect(await afterRevoking(kind)).toEqual([401, 400, 401, 400]);
    }
  },
  async accessTokenFormat() {
    expect((await tokensFor(sandbox, client)).access_token).not.toContain('.');
    sandbox.setSwitches({ accessTokenFormat: 'jwt' });
    const { access_token: token } = await tokensFor(sandbox, client);
    expect(token.split('.')).toHaveLength(3);
    expect(await callerStatus(`Bearer ${token}`)).toBe(200);
    expect(JSON.stringify(sandbox.ledger())).not.toContain(token);
  },
  async returnScope() {
    sandbox.setSwitches({ returnScope: false });
    expect(await tokensFor(sandbox, client)).not.toHaveProperty('scope');
  },
  async returnExpiresIn() {
    sandbox.setSwitches({ returnExpiresIn: false });
    expect(await tokensFor(sandbox, client)).not.toHaveProperty('expires_in');
  },
  async tokenErrors() {
    const refusal = async (secret: string, token: string) => {
      const form = { grant_type: 'refresh_token', refresh_token: token };
      const res = await postToken(sandbox, { ...form, client_id: client.id, client_secret: secret });
      return [res.status, res.headers.get('content-type')?.split(';')[0] ?? null, await res.text()];
    };
    const unknown = 'The refresh token is unknown.';
    expect(await refusal(client.secret, 'x')).toEqual([
      400,
      'application/json',
      JSON.stringify({ error: 'invalid_grant', error_description: unknown }),
    ]);
    sandbox.setSwitches({ tokenErrors: 'rest' });
    const rest = (code: string, message: string) => JSON.stringify({ code, message });
    expect(await refusal(client.secret, 'x')).toEqual([
      400,
      'application/json',
      rest('invalid_request', unknown),
    ]);
    expect(await refusal('wrong', 'x')).toEqual([
      401,
      'application/json',
      rest('unauthorized', 'The client secret is wrong.'),
    ]);
    sandbox.setSwitches({ tokenErrors: 'text' });
    expect(await refusal(client.secret, 'x')).toEqual([400, 'text/plain', `${unknown}\n`]);
    sandbox.setSwitches({ tokenErrors: 'empty' });
    expect(await refusal(client.secret, 'x')).toEqual([400, null, '']);
  },
  async basicCredentials() {
    const withSecret = async (secret: string) => {
      const credentials = Buffer.from(`${client.id}:${secret}`).toString('base64');
      const res = await postToken(sandbox, { grant_type: 'x' }, { Authorization: `Basic ${credentials}` });
      return (await bodyOf(res)).error;
    };
    const encoded = client.secret.replaceAll('-', '%2D');
    const [decodable, literal] = ['unsupported_grant_type', 'invalid_client'];
    expect([await withSecret(client.secret), await withSecret(encoded)]).toEqual([decodable, decodable]);
    sandbox.setSwitches({ basicCredentials: 'raw' });
    expect([await withSecret(client.secret), await withSecret(encoded)]).toEqual([decodable, literal]);
  },
  async tokensOutliveClient() {
    const statusAfterDeletion = async () => {
      const made = await registerClient(sandbox);
      const { access_token: token } = await tokensFor(sandbox, made);
      await api(sandbox, 'DELETE', `/oauth/clients/${made.id}`);
      return callerStatus(`Bearer ${token}`);
    };
    expect(await statusAfterDeletion()).toBe(401);
    sandbox.setSwitches({ tokensOutliveClient: true });
    expect(await statusAfterDeletion()).toBe(200);
  },
  async checkPkce() {
    const wrong = async () => {
      const { challenge } = pkcePair();
      const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
      const code = await codeFor(sandbox, client, pkce);
      return (await redeem(sandbox, client, code, { code_verifier: pkcePair().verifier })).status;
    };
    expect(await wrong()).toBe(400);
    sandbox.setSwitches({ checkPkce: false });
    expect(await wrong()).toBe(200);
  },
  async refuseDuplicateNames() {
    await registerClient(sandbox);
    sandbox.setSwitches({ refuseDuplicateNames: true });
    await expect(registerClient(sandbox)).rejects.toThrow('is taken by another client');
    const other = await registerClient(sandbox, undefined, 'Another name');
    const rename = (value: string) =>
      api(sandbox, 'PATCH', `/oauth/clients/${other.id}`, {
        body: [{ op: 'replace', path: '/name', value }],
      });
    expect((await rename('Test app')).status).toBe(400);
    expect((await rename('Another name')).status).toBe(200);
  },
  async redirectUriDelay() {
    sandbox.setSwitches({ redirectUriDelay: 60 });
    const moved = 'https://moved.example.test/cb';
    const body = [{ op: 'replace', path: '/redirectUri', value: moved }];
    const patched = await bodyOf(await api(sandbox, 'PATCH', `/oauth/clients/${client.id}`, { body }));
    expect([patched.redirectUri, Object.keys(patched).includes('formerRedirectUri')]).toEqual([moved, false]);
    const statuses = async () =>
      Promise.all(
        [undefined, moved].map(
          async (uri) =>
            (await visit(authorizeUrl(sandbox, client, uri ? { redirect_uri: uri } : {}))).status,
        ),
      );
    expect(await statuses()).toEqual([302, 400]);
    sandbox.advanceClock(60_000);
    expect(await statuses()).toEqual([400, 302]);
  },
  async rememberSession() {
    const someone = authorizeUrl(sandbox, client, { login_hint: undefined });
    const signIn = await openPage(someone);
    expect((await press(signIn, ARIEL)).headers.get('set-cookie')).toBeNull();
    sandbox.setSwitches({ rememberSession: true });
    const cookie = (await press(signIn, ARIEL)).headers.get('set-cookie')?.split(';')[0] ?? '';
    const again = await openPage(someone, { headers: { cookie } });
    expect(again.text).toMatch(/<button[^>]*>Authorize<\/button>/);
    expect(again.text).toContain(ARIEL);
    const other = await openPage(new URL(linkOf(again, 'Log in as someone else'), sandbox.url).href, {
      headers: { cookie },
    });
    expect(other.text).toContain('gus.globex@globex.example');
    expect(JSON.stringify(sandbox.ledger())).not.toContain(cookie.split('=')[1]);
    sandbox.forgetSessions();
    expect((await openPage(someone, { headers: { cookie } })).text).toContain('gus.globex@globex.example');
  },
  async rememberConsent() {
    const someone = authorizeUrl(sandbox, client, { login_hint: undefined, scope: 'reader' });
    const logIn = async () => press(await openPage(someone), ARIEL);
    sandbox.setSwitches({ rememberConsent: true });
    const first = await logIn();
    expect(first.status).toBe(200);
    await press(await pageOf(first), 'Authorize');
    expect(locationOf(await logIn()).searchParams.has('code')).toBe(true);
    const more = await openPage(authorizeUrl(sandbox, client, { login_hint: undefined, scope: 'writer' }));
    expect((await press(more, ARIEL)).status).toBe(200);
    sandbox.revokeAuthorizations(ARIEL);
    expect((await logIn()).status).toBe(200);
  },
  async codeLifetime() {
    sandbox.setSwitches({ codeLifetime: 600 });
    const code = await codeFor(sandbox, client);
    sandbox.advanceClock(599_000);
    expect((await redeem(sandbox, client, code)).status).toBe(200);
  },
  async accessTokenLifetime() {
    sandbox.setSwitches({ accessTokenLifetime: 10 });
    const { access_token: token, expires_in: seconds } = await tokensFor(sandbox, client);
    expect(seconds).toBe(10);
    sandbox.advanceClock(10_000);
    expect(await callerStatus(`Bearer ${token}`)).toBe(401);
  },
  async refreshTokenLifetime() {
    sandbox.setSwitches({ refreshTokenLifetime: 60 });
    const { refresh_token: token } = await tokensFor(sandbox, client);
    sandbox.advanceClock(60_000);
    expect((await refresh(sandbox, client, token)).status).toBe(400);
  },
  async openIdConnect() {
    const scope = 'writer openid';
    const parameters = locationOf(await visit(authorizeUrl(sandbox, client, { scope }))).searchParams;
    expect(parameters.get('error')).toBe('invalid_scope');
    sandbox.setSwitches({ openIdConnect: true });
    const form = new URLSearchParams({
      grant_type: 'authorization_code',
      code: await codeFor(sandbox, client, { scope }),
      redirect_uri: REDIRECT_URI,
      client_id: client.id,
      client_secret: client.secret,
    });
    const res = await visit(`${sandbox.url}/trust/oidc/token`, { method: 'POST', body: form });
    const tokens = await bodyOf<{ id_token: string; access_token: string }>(res);
    const [header, claims] = tokens.id_token
      .split('.', 2)
      .map((part) => JSON.parse(Buffer.from(part, 'base64url').toString()));
    const caller = await bodyOf(await api(sandbox, 'GET', '/caller-identity', bearer(tokens.access_token)));
    const sub = `acct/${caller.accountId}:member/${caller.memberId}`;
    expect(header).toEqual({ alg: 'RS256', typ: 'JWT' });
    expect(claims).toMatchObject({ iss: sandbox.url, aud: client.id, sub, exp: claims.iat + 5 });
    const userinfo = await visit(`${sandbox.url}/trust/oidc/userinfo`, bearer(tokens.access_token));
    expect(await bodyOf(userinfo)).toEqual({ sub });
    expect(JSON.stringify(sandbox.ledger())).not.toContain(tokens.id_token);
  },
  async awkwardSecrets() {
    sandbox.setSwitches({ awkwardSecrets: true });
    const awkward = await registerClient(sandbox);
    expect(awkward.secret).toMatch(/\+\/=\$#%& :$/);
    expect(await tokensFor(sandbox, awkward)).toHaveProperty('access_token');
  },
  async rateLimit() {
    sandbox.setSwitches({ rateLimit: 10 });
    await api(sandbox, 'GET', '/projects');
    const ok = await api(sandbox, 'GET', '/projects');
    expect(ok.headers.get('x-ratelimit-route-limit')).toBe('2');
    expect(ok.headers.get('x-ratelimit-route-remaining')).toBe('0');
    const limited = await api(sandbox, 'GET', '/projects');
    expect([limited.status, (await bodyOf(limited)).code]).toEqual([429, 'rate_limited']);
    sandbox.advanceClock(Number(limited.headers.get('x-ratelimit-reset')) - sandbox.now());
    expect((await api(sandbox, 'GET', '/projects')).status).toBe(200);
  },
};

describe('Every switch does what it says', () => {
  test.each(Object.entries(CHECKS))('%s', async (_, check) => check());

  test('and no switch is without a test here', async () => {
    const { switches } = await bodyOf<{ switches: object }>(await fetch(`${sandbox.url}/__sandbox/switches`));
    expect(Object.keys(CHECKS).sort()).toEqual(Object.keys(switches).sort());
  });
});

describe('Switches can be set', () => {
  const patch = (body: object) =>
    fetch(`${sandbox.url}/__sandbox/switches`, { method: 'PATCH', body: JSON.stringify(body) });

  test('by PATCH, some at a time', async () => {
    const res = await patch({ requirePkce: true, codeLifetime: 5 });
    expect(await bodyOf(res)).toMatchObject({
      switches: { requirePkce: true, codeLifetime: 5, requireScope: false },
    });
  });

  test('by the form of their page, all at once', async () => {
    const page = await fetch(`${sandbox.url}/__sandbox/switches`, { headers: { Accept: 'text/html' } });
    expect(await page.text()).toContain('name="requirePkce"');
    const form = new URLSearchParams();
    const { switches } = await bodyOf<{ switches: Switches }>(
      await fetch(`${sandbox.url}/__sandbox/switches`),
    );
    for (const [name, value] of Object.entries({
      ...switches,
      requirePkce: true,
      iss: 'right',
      rateLimit: 7,
    })) {
      if (value !== false) form.set(name, value === true ? 'on' : String(value));
    }
    const sent = await fetch(`${sandbox.url}/__sandbox/switches`, {
      method: 'POST',
      body: form,
      redirect: 'manual',
    });
    expect(sent.status).toBe(303);
    const now = await bodyOf<{ switches: Switches }>(await fetch(`${sandbox.url}/__sandbox/switches`));
    expect(now.switches).toEqual({ ...switches, requirePkce: true, iss: 'right', rateLimit: 7 });
  });

  test('only to what they can be', async () => {
    const bad: object[] = [
      { unknown: 1 },
      JSON.parse('{"constructor":1}'),
      { requirePkce: 'yes' },
      { iss: 'left' },
      { codeLifetime: -1 },
    ];
    for (const changes of bad) expect((await patch(changes)).status).toBe(400);
    await expect(startSandbox({ port: 0, switches: { rateLimit: 0 } })).rejects.toThrow('whole number');
  });
});
