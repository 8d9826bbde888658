import { describe, expect, test } from '@jest/globals';
import { client, sandbox } from './fresh-sandbox.ts';
import type { Tokens } from './support.ts';
import {
  ARIEL,
  api,
  bearer,
  bodyOf,
  codeFor,
  postToken,
  REDIRECT_URI,
  redeem,
  refresh,
  tokensFor,
  visit,
} from './support.ts';

/*
 * What LaunchDarkly documents ("documented": its docs, its OpenAPI document, its own client or Terraform provider) and what
 * was seen of it in public code and captures ("observed"), each said as a sentence and seen at the sandbox.
 */

const memberOf = async (hint: string) =>
  bodyOf(
    await api(
      sandbox,
      'GET',
      '/members/me',
      bearer((await tokensFor(sandbox, client, { login_hint: hint })).access_token),
    ),
  );

describe('The token endpoint', () => {
  test('observed: redirect_uri is repeated by every known client', async () => {
    const code = await codeFor(sandbox, client);
    const form = {
      grant_type: 'authorization_code',
      code,
      client_id: client.id,
      client_secret: client.secret,
    };
    expect((await postToken(sandbox, form)).status).toBe(400);
    expect((await redeem(sandbox, client, await codeFor(sandbox, client))).status).toBe(200);
  });

  test('observed: credentials go in the body or by Basic; both are advertised', async () => {
    const Authorization = `Basic ${btoa(`${client.id}:${client.secret}`)}`;
    const form = { grant_type: 'authorization_code', redirect_uri: REDIRECT_URI };
    const byBasic = { ...form, code: await codeFor(sandbox, client) };
    expect((await postToken(sandbox, byBasic, { Authorization })).status).toBe(200);
    expect((await redeem(sandbox, client, await codeFor(sandbox, client))).status).toBe(200);
  });

  test('observed: access_token, token_type bearer, expires_in, refresh_token', async () => {
    const tokens = await bodyOf(await redeem(sandbox, client, await codeFor(sandbox, client)));
    expect(tokens).toMatchObject({ token_type: 'bearer', expires_in: 3600 });
    expect([typeof tokens.access_token, typeof tokens.refresh_token]).toEqual(['string', 'string']);
  });

  test('observed: a refresh token comes although only writer is asked for', async () => {
    expect(await tokensFor(sandbox, client, { scope: 'writer' })).toHaveProperty('refresh_token');
  });

  test('observed: clients keep the old refresh token when a refresh omits it', async () => {
    const { refresh_token: token } = await tokensFor(sandbox, client);
    sandbox.setFault({ endpoint: 'refresh', fault: 'no_rotation' });
    expect(await bodyOf<Tokens>(await refresh(sandbox, client, token))).not.toHaveProperty('refresh_token');
    expect((await refresh(sandbox, client, token)).status).toBe(200);
  });

  test('documented: client_credentials is for SCIM, and its clients cannot be made here', async () => {
    const form = { grant_type: 'client_credentials', client_id: client.id, client_secret: client.secret };
    expect(await bodyOf(await postToken(sandbox, form))).toMatchObject({ error: 'unauthorized_client' });
  });

  test('observed: revocation is advertised, and works as RFC 7009 has it', async () => {
    const { access_token: token } = await tokensFor(sandbox, client);
    const body = new URLSearchParams({ token, client_id: client.id, client_secret: client.secret });
    expect((await visit(`${sandbox.url}/trust/oauth/revoke`, { method: 'POST', body })).status).toBe(200);
    expect((await api(sandbox, 'GET', '/members/me', bearer(token))).status).toBe(401);
  });
});

describe('Identity', () => {
  test('documented: members/me has no account id; caller-identity supplies accountId and memberId', async () => {
    const { access_token: token } = await tokensFor(sandbox, client);
    const member = await bodyOf(await api(sandbox, 'GET', '/members/me', bearer(token)));
    const caller = await bodyOf(await api(sandbox, 'GET', '/caller-identity', bearer(token)));
    expect(JSON.stringify(member)).not.toContain(String(caller.accountId));
    expect(caller).toMatchObject({
      memberId: member._id,
      accountId: expect.any(String),
      clientId: client.id,
    });
  });

  test('documented: me is reserved in /api/v2/members/{id}; observed: a member is read by memberId too', async () => {
    const headers = { Authorization: sandbox.adminToken };
    const me = await bodyOf(await api(sandbox, 'GET', '/members/me', { headers }));
    expect(await bodyOf(await api(sandbox, 'GET', `/members/${me._id}`, { headers }))).toEqual(me);
    const stranger = sandbox.personas().find(({ organization }) => organization === 'Globex')!;
    expect((await api(sandbox, 'GET', `/members/${stranger.id}`, { headers })).status).toBe(404);
  });

  test('observed: a service token has no member, so members/me is 404 for it', async () => {
    const headers = { Authorization: sandbox.serviceToken };
    expect((await api(sandbox, 'GET', '/members/me', { headers })).status).toBe(404);
    const caller = await bodyOf(await api(sandbox, 'GET', '/caller-identity', { headers }));
    expect(caller).toMatchObject({ serviceToken: true, tokenKind: 'server' });
    expect(caller).not.toHaveProperty('memberId');
  });

  test('documented: optional ?expand=roleAttributes', async () => {
    expect(await bodyOf(await api(sandbox, 'GET', '/members/me?expand=roleAttributes'))).toHaveProperty(
      'roleAttributes',
    );
  });

  test('documented: _id is 24 hex in every sample', async () => {
    expect((await memberOf(ARIEL))._id).toMatch(/^[0-9a-f]{24}$/);
  });

  test('documented: roles are reader, writer, admin, owner (one per account) and no_access', () => {
    const personas = sandbox.personas();
    expect(new Set(personas.map(({ role }) => role))).toEqual(
      new Set(['reader', 'writer', 'admin', 'owner', 'no_access']),
    );
    const owners = personas.filter(({ role }) => role === 'owner').map(({ organization }) => organization);
    expect(owners).toEqual([...new Set(owners)]);
  });

  test('observed: customRoles holds ids', async () => {
    const { customRoles } = await memberOf('cole.custom@acme.example');
    expect(customRoles).toEqual([
      expect.stringMatching(/^[0-9a-f]{24}$/),
      expect.stringMatching(/^[0-9a-f]{24}$/),
    ]);
  });

  test('documented: names may be missing', async () => {
    const member = await memberOf('nameless@acme.example');
    expect(member).not.toHaveProperty('firstName');
    expect(member).not.toHaveProperty('lastName');
  });

  test('documented: _pendingInvite and _verified are said of every member', async () => {
    expect(await memberOf('penny.pending@acme.example')).toMatchObject({
      _pendingInvite: true,
      _verified: true,
    });
    expect(await memberOf('una.unverified@acme.example')).toMatchObject({
      _pendingInvite: false,
      _verified: false,
    });
  });

  test('documented: one email can be a member of several accounts, with another _id in each', () => {
    const terrys = sandbox.personas().filter(({ email }) => email === 'terry.two@acme.example');
    expect(terrys.map(({ organization }) => organization)).toEqual(['Acme', 'Globex']);
    expect(terrys[0]?.id).not.toBe(terrys[1]?.id);
  });

  test('documented: removing a member deactivates that member’s personal API tokens', async () => {
    sandbox.changePersona('ada.admin@acme.example', { removed: true });
    expect((await api(sandbox, 'GET', '/caller-identity')).status).toBe(401);
  });

  test('projects are those the member may see', async () => {
    const keys = async (hint: string) => {
      const { access_token: token } = await tokensFor(sandbox, client, { login_hint: hint });
      const page = await bodyOf<{ items: { key: string }[] }>(
        await api(sandbox, 'GET', '/projects', bearer(token)),
      );
      return page.items.map(({ key }) => key);
    };
    expect(await keys(ARIEL)).toEqual(['storefront', 'mobile-app', 'billing']);
    expect(await keys('cole.custom@acme.example')).toEqual(['mobile-app']);
    expect(await keys('noa.noaccess@acme.example')).toEqual([]);
  });
});
