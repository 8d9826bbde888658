import { describe, expect, test } from '@jest/globals';
import { client, sandbox } from './fresh-sandbox.ts';
import { api, bodyOf, tokensFor } from './support.ts';

/*
 * What LaunchDarkly documents ("documented": its docs, its OpenAPI document, its own client or Terraform provider) and what
 * was seen of it in public code and captures ("observed"), each said as a sentence and seen at the sandbox.
 */

const create = (body: object) => api(sandbox, 'POST', '/oauth/clients', { body });
const patch = (body: unknown) => api(sandbox, 'PATCH', `/oauth/clients/${client.id}`, { body });
const answer = async (res: Response) => [res.status, await bodyOf(res)];

describe('The REST API', () => {
  const withAuthorization = async (value?: string, path = '/caller-identity') =>
    answer(await api(sandbox, 'GET', path, { headers: value ? { Authorization: value } : {} }));

  test('observed: no Authorization, or a raw value that is no token: 401 "Invalid account ID header"', async () => {
    const expected = [401, { code: 'unauthorized', message: 'Invalid account ID header' }];
    for (const path of ['/projects', '/oauth/clients', '/members/me']) {
      expect(await withAuthorization(undefined, path)).toEqual(expected);
      expect(await withAuthorization('nonsense', path)).toEqual(expected);
    }
  });

  test('observed: the same at caller-identity: 401 "invalid access token"', async () => {
    const expected = [401, { code: 'unauthorized', message: 'invalid access token' }];
    expect(await withAuthorization()).toEqual(expected);
    expect(await withAuthorization('nonsense')).toEqual(expected);
  });

  test('observed: Bearer with a bad token: 401 invalid_token "invalid access token"', async () => {
    const expected = [401, { code: 'invalid_token', message: 'invalid access token' }];
    expect(await withAuthorization('Bearer nonsense')).toEqual(expected);
  });

  test('documented: 401 unauthorized "Invalid access token"', async () => {
    const expected = [401, { code: 'unauthorized', message: 'Invalid access token' }];
    expect(await withAuthorization('api-12345678-1234-1234-1234-123456789012')).toEqual(expected);
  });

  test('documented: API access tokens go raw, without Bearer; observed: OAuth tokens go after Bearer', async () => {
    const { access_token: token } = await tokensFor(sandbox, client);
    expect((await withAuthorization(sandbox.adminToken))[0]).toBe(200);
    expect((await withAuthorization(`Bearer ${token}`))[0]).toBe(200);
    expect((await withAuthorization(`Bearer ${sandbox.adminToken}`))[0]).toBe(401);
    expect((await withAuthorization(token))[0]).toBe(401);
  });

  test('documented: an API access token is api- and a UUID, 40 characters', () => {
    for (const token of [sandbox.adminToken, sandbox.readerToken, sandbox.serviceToken]) {
      expect(token).toMatch(/^api-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      expect(token).toHaveLength(40);
    }
  });

  test.each([
    ['400 invalid_request', () => create([]), 400, 'Invalid request body'],
    ['400 invalid_request, validation failed, with errors', () => create({}), 400, 'validation failed'],
    ['404 not_found', () => api(sandbox, 'GET', '/oauth/clients/x'), 404, 'Invalid resource identifier'],
    ['405 method_not_allowed', () => api(sandbox, 'PUT', '/oauth/clients'), 405, 'Method not allowed'],
    [
      '422 patch_failed',
      () => patch([{ op: 'test', path: '/name', value: 'another' }]),
      422,
      'Unprocessable entity. Could not apply patch.',
    ],
  ])('documented: %s', async (title, call, status, message) => {
    const res = await call();
    expect(res.status).toBe(status);
    expect(await bodyOf(res)).toMatchObject({ code: title.split(/[ ,]/)[1], message });
  });

  test('documented: 429 rate_limited, beyond a limit counted over ten seconds', async () => {
    sandbox.setSwitches({ rateLimit: 1 });
    await api(sandbox, 'GET', '/projects');
    expect(await answer(await api(sandbox, 'GET', '/projects'))).toEqual([
      429,
      { code: 'rate_limited', message: "You've exceeded the API rate limit. Try again later." },
    ]);
    sandbox.advanceClock(10_000);
    expect((await api(sandbox, 'GET', '/projects')).status).toBe(200);
  });

  test('documented: X-Ratelimit-Global-*, X-Ratelimit-Route-*, and X-Ratelimit-Reset in epoch milliseconds', async () => {
    const { headers } = await api(sandbox, 'GET', '/projects');
    const names = ['global-limit', 'global-remaining', 'route-limit', 'route-remaining'];
    for (const name of names) expect(headers.get(`x-ratelimit-${name}`)).toMatch(/^\d+$/);
    expect(Math.abs(Number(headers.get('x-ratelimit-reset')) - sandbox.now())).toBeLessThanOrEqual(10_000);
  });

  test('documented: LD-API-Version: current 20240415; earlier ones by header', async () => {
    const version = async (value?: string) => {
      const headers = { Authorization: sandbox.adminToken, ...(value && { 'LD-API-Version': value }) };
      const res = await api(sandbox, 'GET', '/oauth/clients', { headers });
      return [res.status, res.headers.get('ld-api-version')];
    };
    expect(await version()).toEqual([200, '20240415']);
    for (const known of ['20240415', '20220603', '20210729', '20191212', '20160426', 'beta']) {
      expect(await version(known)).toEqual([200, known]);
    }
    expect(await version('19990101')).toEqual([400, null]);
  });

  test('documented: CORS from any origin', async () => {
    const res = await api(sandbox, 'GET', '/projects');
    expect(res.headers.get('access-control-allow-origin')).toBe('*');
    const preflight = await api(sandbox, 'OPTIONS', '/members/me', {
      headers: { Origin: 'https://x.example' },
    });
    expect([preflight.status, preflight.headers.get('access-control-allow-headers')]).toEqual([
      204,
      expect.stringContaining('Authorization'),
    ]);
  });

  test('documented: X-HTTP-Method-Override is honoured', async () => {
    const headers = { Authorization: sandbox.adminToken, 'X-HTTP-Method-Override': 'DELETE' };
    expect((await api(sandbox, 'POST', `/oauth/clients/${client.id}`, { headers })).status).toBe(204);
    const odd = { Authorization: sandbox.adminToken, 'X-HTTP-Method-Override': 'CONNECT' };
    expect((await api(sandbox, 'POST', '/oauth/clients', { headers: odd })).status).toBe(400);
  });
});
