import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import {
  api,
  authorizeUrl,
  bodyOf,
  REDIRECT_URI,
  redeem,
  registerClient,
  tokensFor,
  visit,
} from './support.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
});
afterAll(() => sandbox.close());

const validationReason = async (res: Response) => {
  expect(res.status).toBe(400);
  const body = await bodyOf<{
    code: string;
    message: string;
    errors: { attribute: string; reason: string }[];
  }>(res);
  expect(body).toMatchObject({ code: 'invalid_request', message: 'validation failed' });
  return body.errors;
};

describe('Creating a client', () => {
  test('answers 201 with the secret, which no later answer shows', async () => {
    const created = await api(sandbox, 'POST', '/oauth/clients', {
      body: { name: 'Dashboard', redirectUri: REDIRECT_URI, description: 'For the team' },
    });
    expect(created.status).toBe(201);
    const client = await bodyOf(created);
    expect(client).toEqual({
      _links: {
        parent: { href: '/api/v2/oauth/clients', type: 'application/json' },
        self: { href: `/api/v2/oauth/clients/${client._clientId}`, type: 'application/json' },
      },
      name: 'Dashboard',
      description: 'For the team',
      _accountId: expect.stringMatching(/^[0-9a-f]{24}$/),
      _clientId: expect.stringMatching(/^[0-9a-f-]{36}$/),
      _clientSecret: expect.any(String),
      redirectUri: REDIRECT_URI,
      _creationDate: expect.any(Number),
    });
    const { _clientSecret: secret, ...rest } = client;
    expect(await bodyOf(await api(sandbox, 'GET', `/oauth/clients/${client._clientId}`))).toEqual(rest);
    expect(await (await api(sandbox, 'GET', '/oauth/clients')).text()).not.toContain(secret);
  });

  test('allows the same name twice, and ignores attributes it does not know', async () => {
    const body = { name: 'Twin', redirectUri: REDIRECT_URI, scim: true };
    const first = await bodyOf(await api(sandbox, 'POST', '/oauth/clients', { body }));
    const second = await bodyOf(await api(sandbox, 'POST', '/oauth/clients', { body }));
    expect(second._clientId).not.toBe(first._clientId);
    expect(second).not.toHaveProperty('scim');
  });

  test.each([
    ['a bare word', 'callback'],
    ['http', 'http://app.example.test/callback'],
    ['http on localhost', 'http://localhost:3000/callback'],
    ['another scheme', 'myapp://callback'],
    ['a query', `${REDIRECT_URI}?a=b`],
    ['an empty query', `${REDIRECT_URI}?`],
    ['a fragment', `${REDIRECT_URI}#here`],
    ['a wildcard', 'https://*.example.test/callback'],
    ['a user name', 'https://user@app.example.test/callback'],
    ['a space', 'https://app.example.test/call back'],
    ['nothing', ''],
    ['a number', 7],
  ])('refuses a redirect URI that is or has %s', async (_, redirectUri) => {
    const res = await api(sandbox, 'POST', '/oauth/clients', { body: { name: 'x', redirectUri } });
    expect(await validationReason(res)).toEqual([{ attribute: 'redirectUri', reason: expect.any(String) }]);
  });

  test('names every attribute that is wrong', async () => {
    const res = await api(sandbox, 'POST', '/oauth/clients', { body: { description: 7 } });
    const attributes = (await validationReason(res)).map(({ attribute }) => attribute);
    expect(attributes).toEqual(['name', 'redirectUri', 'description']);
  });

  test('refuses bodies that are no JSON object', async () => {
    for (const body of ['', '{', '[]', 'null', '"text"']) {
      const res = await api(sandbox, 'POST', '/oauth/clients', { body });
      expect(await bodyOf(res)).toEqual({ code: 'invalid_request', message: 'Invalid request body' });
      expect(res.status).toBe(400);
    }
    const headers = { Authorization: sandbox.adminToken, 'Content-Type': 'text/plain' };
    expect((await api(sandbox, 'POST', '/oauth/clients', { body: { name: 'x' }, headers })).status).toBe(400);
    const huge = await api(sandbox, 'POST', '/oauth/clients', { body: { name: 'x'.repeat(100_000) } });
    expect(huge.status).toBe(413);
  });
});

describe('Patching a client', () => {
  const patch = (id: string, body: unknown) => api(sandbox, 'PATCH', `/oauth/clients/${id}`, { body });

  test('replaces name, description and redirectUri, at once and together', async () => {
    const { id } = await registerClient(sandbox);
    const redirectUri = 'https://moved.example.test/callback';
    const res = await patch(id, [
      { op: 'replace', path: '/name', value: 'New' },
      { op: 'replace', path: '/description', value: 'Described' },
      { op: 'replace', path: '/redirectUri', value: redirectUri },
    ]);
    expect(await bodyOf(res)).toMatchObject({ name: 'New', description: 'Described', redirectUri });
    expect((await visit(authorizeUrl(sandbox, { id, secret: '' }))).status).toBe(400);
    expect(
      (await visit(authorizeUrl(sandbox, { id, secret: '' }, { redirect_uri: redirectUri }))).status,
    ).toBe(302);
  });

  test('takes {"comment","patch"} too, and remove for the description', async () => {
    const { id } = await registerClient(sandbox);
    const described = [{ op: 'replace', path: '/description', value: 'x' }];
    expect((await patch(id, { comment: 'why', patch: described })).status).toBe(200);
    const res = await patch(id, [{ op: 'remove', path: '/description' }]);
    expect(await bodyOf(res)).not.toHaveProperty('description');
    const again = await patch(id, [{ op: 'remove', path: '/description' }]);
    expect(again.status).toBe(400);
    expect(await bodyOf(again)).toMatchObject({ code: 'invalid_request' });
  });

  test('changes nothing when one of its operations is refused', async () => {
    const { id } = await registerClient(sandbox);
    const good = { op: 'replace', path: '/name', value: 'New' };
    const bad = [
      { op: 'replace', path: '/_clientId', value: 'x' },
      { op: 'replace', path: '/_clientSecret', value: 'x' },
      { op: 'replace', path: '/name' },
      { op: 'replace', path: '/name', value: '' },
      { op: 'replace', path: '/redirectUri', value: 'http://x.example' },
      { op: 'remove', path: '/name' },
      { op: 'add', path: '/name', value: 'x' },
      { op: 'replace', path: 'name', value: 'x' },
      {},
    ];
    for (const operation of bad) expect((await patch(id, [good, operation])).status).toBe(400);
    for (const body of [{}, { name: 'x' }, [1], 'null']) expect((await patch(id, body)).status).toBe(400);
    expect(await bodyOf(await api(sandbox, 'GET', `/oauth/clients/${id}`))).toMatchObject({
      name: 'Test app',
    });
  });
});

describe('Deleting a client', () => {
  test('answers 204 without a body; then it is 404 and its tokens are dead', async () => {
    const client = await registerClient(sandbox);
    const { access_token: token } = await tokensFor(sandbox, client);
    const res = await api(sandbox, 'DELETE', `/oauth/clients/${client.id}`);
    expect([res.status, await res.text()]).toEqual([204, '']);
    for (const method of ['GET', 'DELETE']) {
      const gone = await api(sandbox, method, `/oauth/clients/${client.id}`);
      expect(gone.status).toBe(404);
      expect(await bodyOf(gone)).toEqual({ code: 'not_found', message: 'Invalid resource identifier' });
    }
    const headers = { Authorization: `Bearer ${token}` };
    expect((await api(sandbox, 'GET', '/caller-identity', { headers })).status).toBe(401);
    expect((await redeem(sandbox, client, 'x')).status).toBe(401);
  });
});

describe('Who may call the clients API', () => {
  const answer = async (headers: Record<string, string>) => {
    const res = await api(sandbox, 'GET', '/oauth/clients', { headers });
    return [res.status, await bodyOf(res)];
  };

  test('a Reader may not: 403', async () => {
    expect(await answer({ Authorization: sandbox.readerToken })).toEqual([
      403,
      { code: 'forbidden', message: 'Forbidden. Access to the requested resource was denied.' },
    ]);
  });

  test('an OAuth token may not, not even an Admin’s', async () => {
    const client = await registerClient(sandbox);
    const hint = { login_hint: 'olivia.owner@acme.example', scope: 'writer' };
    const { access_token: token } = await tokensFor(sandbox, client, hint);
    expect((await answer({ Authorization: `Bearer ${token}` }))[0]).toBe(403);
  });

  test('the three 401s', async () => {
    const invalidHeader = { code: 'unauthorized', message: 'Invalid account ID header' };
    expect(await answer({})).toEqual([401, invalidHeader]);
    expect(await answer({ Authorization: 'nonsense' })).toEqual([401, invalidHeader]);
    const bearer = { code: 'invalid_token', message: 'invalid access token' };
    expect(await answer({ Authorization: 'Bearer nonsense' })).toEqual([401, bearer]);
    expect(await answer({ Authorization: `Bearer ${sandbox.adminToken}` })).toEqual([401, bearer]);
    const unknown = { code: 'unauthorized', message: 'Invalid access token' };
    expect(await answer({ Authorization: 'api-00000000-0000-0000-0000-000000000000' })).toEqual([
      401,
      unknown,
    ]);
  });
});
