import { describe, expect, test } from '@jest/globals';
import { sandbox } from './fresh-sandbox.ts';
import type { RawAnswer } from './raw-request.ts';
import { sendRaw } from './raw-request.ts';

/*
 * What LaunchDarkly's own programs and samples put on the wire, replayed header line by header line: their order of calls,
 * where they put credentials, which headers they repeat, what they leave empty. Written from what was seen of them.
 */

const CALLBACK = 'https://app.example.test/redirect';
const EMAIL = 'will.writer@acme.example';
const ACCEPT_JSON = ['Accept', 'application/json'];
const JSON_BODY = ['Content-Type', 'application/json'];
const FORM = ['Content-Type', 'application/x-www-form-urlencoded'];
const VERSION = ['LD-API-Version', '20240415'];

const json = (answer: RawAnswer) => JSON.parse(answer.body);
const authorization = (value: string) => ['Authorization', value];
const call = (method: string, path: string, headers: readonly string[], body?: unknown) =>
  sendRaw(sandbox, method, path, {
    headers,
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });

/** Registers the client that a sample wants to have, as somebody did before it ran. */
async function registered(): Promise<{ id: string; secret: string }> {
  const headers = [...authorization(sandbox.adminToken), ...JSON_BODY];
  const answer = await call('POST', '/api/v2/oauth/clients', headers, {
    name: 'Sample',
    redirectUri: CALLBACK,
  });
  return { id: json(answer)._clientId, secret: json(answer)._clientSecret };
}

/** A person's part of the authorization: the query of the sample, and what comes back. */
async function authorized(query: string): Promise<URLSearchParams> {
  const hint = `&login_hint=${encodeURIComponent(EMAIL)}`;
  const answer = await call('GET', `/trust/oauth/authorize?${query}${hint}`, []);
  return new URL(String(answer.headers.location)).searchParams;
}

const basic = (id: string, secret: string) =>
  authorization(`Basic ${Buffer.from(`${id}:${secret}`).toString('base64')}`);
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

/** The life of a client as `launchdarkly_oauth_client` leads it, with these header lines on every call. */
async function lifeOfAClient(headers: readonly string[]): Promise<void> {
  const both = [...headers, ...JSON_BODY];
  const body = { name: 'tf', redirectUri: CALLBACK, description: 'made by a program' };
  const created = await call('POST', '/api/v2/oauth/clients', both, body);
  expect([created.status, typeof json(created)._clientSecret]).toEqual([201, 'string']);
  const path = `/api/v2/oauth/clients/${json(created)._clientId}`;
  expect(json(await call('GET', path, headers))).toMatchObject(body);
  const changed = await call('PATCH', path, both, [
    { op: 'replace', path: '/name', value: 'tf2' },
    { op: 'replace', path: '/redirectUri', value: `${CALLBACK}/2` },
    { op: 'remove', path: '/description' },
  ]);
  expect([changed.status, json(changed).name, json(changed).description]).toEqual([200, 'tf2', undefined]);
  const list = json(await call('GET', '/api/v2/oauth/clients', headers)).items as { name: string }[];
  expect(list.map(({ name }) => name)).toContain('tf2');
  expect((await call('DELETE', path, headers)).status).toBe(204);
  // Both count a 404 as done.
  expect((await call('DELETE', path, headers)).status).toBe(404);
  expect((await call('GET', path, headers)).status).toBe(404);
}

describe('LaunchDarkly’s programs', () => {
  test('Terraform provider 3.1.3: the version header on two lines', () =>
    lifeOfAClient([...authorization(sandbox.adminToken), ...ACCEPT_JSON, ...VERSION, ...VERSION]));

  test('Terraform provider: beta on a line of its own before the default', () =>
    lifeOfAClient([...authorization(sandbox.adminToken), 'LD-API-Version', 'beta', ...VERSION]));

  test('Go client: the version header once, Accept-Encoding gzip', () =>
    lifeOfAClient([...authorization(sandbox.adminToken), ...VERSION, 'Accept-Encoding', 'gzip']));

  test('TypeScript client: axios’ Accept, no version', () =>
    lifeOfAClient([...authorization(sandbox.adminToken), 'Accept', 'application/json, text/plain, */*']));

  test('Python client: Content-Type on calls without a body as well', () =>
    lifeOfAClient([...authorization(sandbox.adminToken), ...ACCEPT_JSON, ...JSON_BODY]));

  test('Ruby client: Content-Type before Accept, and a user agent', () =>
    lifeOfAClient([
      'User-Agent',
      'OpenAPI-Generator/ruby',
      ...JSON_BODY,
      ...ACCEPT_JSON,
      ...authorization(sandbox.adminToken),
    ]));

  test('ldcli whoami: who calls, then the member and the account’s name', async () => {
    const headers = [...authorization(sandbox.adminToken), ...JSON_BODY, ...VERSION];
    const caller = json(await call('GET', '/api/v2/caller-identity', headers));
    expect(caller).toMatchObject({ tokenName: expect.any(String), memberId: expect.any(String) });
    expect(json(await call('GET', `/api/v2/members/${caller.memberId}`, headers)).email).toContain('@');
    expect(json(await call('GET', '/api/v2/account', headers))).toEqual({
      _id: caller.accountId,
      organization: 'Acme',
    });
  });

  test('ld-vscode: members/me with a raw API token and a Bearer token, 404 for a service token', async () => {
    const me = '/api/v2/members/me';
    expect((await call('GET', me, authorization(sandbox.adminToken))).status).toBe(200);
    expect((await call('GET', me, authorization(sandbox.serviceToken))).status).toBe(404);
  });
});

describe('LaunchDarkly’s samples', () => {
  test('hello-oauth-node, OAuth: no state, Basic as it is, an empty scope in the body', async () => {
    const { id, secret } = await registered();
    const query = form({
      client_id: id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      state: '',
      scope: 'writer',
    });
    const back = await authorized(query);
    expect([...back.keys()]).toEqual(['code']);
    const headers = [
      ...FORM,
      'Accept',
      'application/json, application/x-www-form-urlencoded',
      ...basic(id, secret),
    ];
    const exchange = form({
      code: String(back.get('code')),
      grant_type: 'authorization_code',
      redirect_uri: CALLBACK,
    });
    const tokens = json(await call('POST', '/trust/oauth/token', headers, exchange));
    expect(tokens).toMatchObject({ token_type: 'bearer', refresh_token: expect.any(String) });
    const bearer = authorization(`Bearer ${tokens.access_token}`);
    expect(json(await call('GET', '/api/v2/members/me', bearer)).email).toBe(EMAIL);
    expect((await call('GET', '/api/v2/projects/storefront', bearer)).status).toBe(200);
    const renewal = form({ refresh_token: tokens.refresh_token, grant_type: 'refresh_token', scope: '' });
    expect((await call('POST', '/trust/oauth/token', headers, renewal)).status).toBe(200);
  });

  test('hello-oauth-node, OpenID Connect: behind the switch, credentials in the body, refresh at the same path', async () => {
    sandbox.setSwitches({ openIdConnect: true });
    const { id, secret } = await registered();
    const credentials = { client_id: id, client_secret: secret };
    const query = form({
      client_id: id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'writer openid',
    });
    const code = String((await authorized(query)).get('code'));
    const exchange = { grant_type: 'authorization_code', code, redirect_uri: CALLBACK, ...credentials };
    const tokens = json(await call('POST', '/trust/oidc/token', FORM, form(exchange)));
    const { sub } = JSON.parse(Buffer.from(tokens.id_token.split('.')[1], 'base64url').toString());
    expect(sub).toMatch(/^acct\/[0-9a-f]{24}:member\/[0-9a-f]{24}$/);
    const bearer = authorization(`Bearer ${tokens.access_token}`);
    expect(json(await call('GET', '/trust/oidc/userinfo', bearer))).toEqual({ sub });
    expect(json(await call('GET', '/api/v2/members/me', bearer)).email).toBe(EMAIL);
    const renewal = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...credentials };
    const renewed = json(await call('POST', '/trust/oidc/token', FORM, form(renewal)));
    expect(renewed).toMatchObject({ access_token: expect.any(String), id_token: expect.any(String) });
  });

  test('context-tester: Basic with every half form-encoded, PKCE, then identity, profile and projects', async () => {
    const { id, secret } = await registered();
    const challenge = 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM';
    const verifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const pkce = { code_challenge: challenge, code_challenge_method: 'S256' };
    const query = { client_id: id, scope: 'reader', response_type: 'code', redirect_uri: CALLBACK, ...pkce };
    const code = String((await authorized(form(query))).get('code'));
    const encoded = (text: string) => text.replaceAll('-', '%2D').replaceAll('_', '%5F');
    const headers = [...FORM, ...ACCEPT_JSON, ...basic(encoded(id), encoded(secret))];
    const exchange = {
      grant_type: 'authorization_code',
      code,
      redirect_uri: CALLBACK,
      code_verifier: verifier,
    };
    const tokens = json(await call('POST', '/trust/oauth/token', headers, form(exchange)));
    const bearer = authorization(`Bearer ${tokens.access_token}`);
    for (const path of ['caller-identity', 'members/me', 'projects']) {
      expect((await call('GET', `/api/v2/${path}`, bearer)).status).toBe(200);
    }
  });

  test('scheduled-changes dashboard: identity first, then the member by id, refresh, and a cancelled login', async () => {
    const { id, secret } = await registered();
    const credentials = { client_id: id, client_secret: secret };
    const query = form({
      response_type: 'code',
      client_id: id,
      redirect_uri: CALLBACK,
      scope: 'reader',
      state: 'x',
    });
    const back = await authorized(query);
    expect(back.get('state')).toBe('x');
    const exchange = {
      grant_type: 'authorization_code',
      code: String(back.get('code')),
      redirect_uri: CALLBACK,
    };
    const tokens = json(
      await call('POST', '/trust/oauth/token', FORM, form({ ...exchange, ...credentials })),
    );
    const bearer = authorization(`Bearer ${tokens.access_token}`);
    const { memberId } = json(await call('GET', '/api/v2/caller-identity', bearer));
    expect(json(await call('GET', `/api/v2/members/${memberId}`, bearer)).email).toBe(EMAIL);
    const renewal = { grant_type: 'refresh_token', refresh_token: tokens.refresh_token, ...credentials };
    expect((await call('POST', '/trust/oauth/token', FORM, form(renewal))).status).toBe(200);
    sandbox.setFault({ endpoint: 'consent', fault: 'access_denied', times: 1 });
    expect((await authorized(query)).get('error')).toBe('access_denied');
  });

  test('client manager in a browser: preflight, beta, the extra input scim, credentials allowed', async () => {
    const origin = ['Origin', 'http://localhost:5173'];
    const asked = [
      'Access-Control-Request-Method',
      'POST',
      'Access-Control-Request-Headers',
      'authorization,ld-api-version',
    ];
    const preflight = await call('OPTIONS', '/api/v2/oauth/clients', [...origin, ...asked]);
    expect([preflight.status, preflight.headers['access-control-allow-origin']]).toEqual([
      204,
      'http://localhost:5173',
    ]);
    const headers = [...authorization(sandbox.adminToken), ...JSON_BODY, ...origin, 'LD-API-Version', 'beta'];
    const body = { name: 'mgr', redirectUri: CALLBACK, description: '', scim: true };
    const created = await call('POST', '/api/v2/oauth/clients', headers, body);
    expect([created.status, created.headers['access-control-allow-credentials']]).toEqual([201, 'true']);
    expect(json(created)).not.toHaveProperty('scim');
  });

  test('Pipedream: Basic, then projects', async () => {
    const { id, secret } = await registered();
    const query = form({
      client_id: id,
      redirect_uri: CALLBACK,
      response_type: 'code',
      scope: 'reader',
      state: 's',
    });
    const code = String((await authorized(query)).get('code'));
    const exchange = form({ grant_type: 'authorization_code', code, redirect_uri: CALLBACK });
    const tokens = json(await call('POST', '/trust/oauth/token', [...FORM, ...basic(id, secret)], exchange));
    const projects = await call('GET', '/api/v2/projects', authorization(`Bearer ${tokens.access_token}`));
    expect(json(projects).totalCount).toBe(3);
  });
});
