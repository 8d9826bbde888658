import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Endpoint } from '../../src/sandbox/faults/endpoints.ts';
import type { Fault, Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { RegisteredClient, Tokens } from './support.ts';
import {
  api,
  authorizeUrl,
  bearer,
  bodyOf,
  codeFor,
  locationOf,
  REDIRECT_URI,
  redeem,
  refresh,
  registerClient,
  tokensFor,
  visit,
} from './support.ts';

let sandbox: Sandbox;
let client: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
  client = await registerClient(sandbox);
});
beforeEach(() => sandbox.reset({ keepClients: true }));
afterAll(() => sandbox.close());

const clients = () => api(sandbox, 'GET', '/oauth/clients');
const exchange = async () => redeem(sandbox, client, await codeFor(sandbox, client));
const wayBack = async () => locationOf(await visit(authorizeUrl(sandbox, client))).searchParams;

/** How to reach each endpoint in the ordinary course of things. */
const CALLS: Record<Endpoint, () => Promise<Response>> = {
  metadata: () => visit(`${sandbox.url}/.well-known/oauth-authorization-server`),
  authorize: () => visit(authorizeUrl(sandbox, client, { login_hint: undefined })),
  consent: () => visit(authorizeUrl(sandbox, client)),
  token: exchange,
  refresh: async () => refresh(sandbox, client, (await tokensFor(sandbox, client)).refresh_token),
  revoke: () =>
    visit(`${sandbox.url}/trust/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: client.id, client_secret: client.secret, token: 'x' }),
    }),
  clients,
  'caller-identity': () => withToken('/caller-identity'),
  members: () => withToken('/members/me'),
  projects: () => withToken('/projects'),
};

async function withToken(path: string): Promise<Response> {
  return api(sandbox, 'GET', path, bearer((await tokensFor(sandbox, client)).access_token));
}

const statusOf = async (fault: Fault['fault'], endpoint: Endpoint = 'clients') => {
  sandbox.setFaults([{ endpoint, fault }]);
  return (await CALLS[endpoint]()).status;
};
const answerTo = async (fault: Fault['fault'], endpoint: Endpoint = 'clients') => {
  sandbox.setFaults([{ endpoint, fault }]);
  return CALLS[endpoint]();
};
const tokensUnder = async (fault: Fault['fault']) => bodyOf<Partial<Tokens>>(await answerTo(fault, 'token'));
const returnUnder = async (fault: Fault['fault']) => {
  sandbox.setFaults([{ endpoint: 'consent', fault }]);
  return wayBack();
};

const CHECKS: Record<Fault['fault'], () => Promise<void>> = {
  async slow() {
    sandbox.setFault({ endpoint: 'clients', fault: 'slow', delayMs: 150 });
    const startedAt = performance.now();
    expect((await clients()).status).toBe(200);
    expect(performance.now() - startedAt).toBeGreaterThanOrEqual(145);
  },
  async silent() {
    sandbox.setFault({ endpoint: 'clients', fault: 'silent' });
    const headers = { Authorization: sandbox.adminToken };
    const request = fetch(`${sandbox.url}/api/v2/oauth/clients`, {
      headers,
      signal: AbortSignal.timeout(100),
    });
    await expect(request).rejects.toMatchObject({ name: 'TimeoutError' });
  },
  async connection_dropped() {
    sandbox.setFault({ endpoint: 'clients', fault: 'connection_dropped', method: 'POST' });
    await expect(registerClient(sandbox, REDIRECT_URI, 'Never made')).rejects.toThrow('fetch failed');
    expect(await (await clients()).text()).not.toContain('Never made');
  },
  async answer_lost() {
    sandbox.setFault({ endpoint: 'clients', fault: 'answer_lost', method: 'POST' });
    await expect(registerClient(sandbox, REDIRECT_URI, 'Made all the same')).rejects.toThrow('fetch failed');
    expect(await (await clients()).text()).toContain('Made all the same');
  },
  async http_500() {
    for (const endpoint of Object.keys(CALLS) as Endpoint[])
      expect(await statusOf('http_500', endpoint)).toBe(500);
  },
  async http_503() {
    const res = await answerTo('http_503');
    expect(res.status).toBe(503);
    expect(await bodyOf(res)).toEqual({
      code: 'service_unavailable',
      message: 'Requested service unavailable',
    });
  },
  async html_502() {
    const res = await answerTo('html_502', 'token');
    expect([res.status, res.headers.get('content-type')]).toEqual([502, 'text/html; charset=utf-8']);
  },
  async html_200() {
    expect(await (await answerTo('html_200', 'token')).text()).toMatch(/^<html>/);
  },
  async broken_json() {
    const res = await answerTo('broken_json', 'token');
    expect(res.headers.get('content-type')).toMatch(/json/);
    await expect(res.json()).rejects.toThrow();
  },
  async empty_200() {
    const res = await answerTo('empty_200');
    expect([res.status, await res.text()]).toEqual([200, '']);
  },
  async other_json() {
    expect(await bodyOf(await answerTo('other_json', 'members'))).toEqual({ items: 'none' });
  },
  async rate_limited() {
    const res = await answerTo('rate_limited');
    expect(res.status).toBe(429);
    const wait = Number(res.headers.get('x-ratelimit-reset')) - sandbox.now();
    expect(wait).toBeGreaterThan(1000);
    expect(wait).toBeLessThanOrEqual(2000);
  },
  async rate_limited_retry_after() {
    const res = await answerTo('rate_limited_retry_after');
    expect([res.status, res.headers.get('retry-after')]).toEqual([429, '2']);
  },
  async rate_limited_token() {
    const res = await answerTo('rate_limited_token');
    expect(Number(res.headers.get('x-ratelimit-auth-token-reset'))).toBeGreaterThan(sandbox.now());
  },
  async rate_limited_past_reset() {
    const res = await answerTo('rate_limited_past_reset');
    expect(Number(res.headers.get('x-ratelimit-reset'))).toBeLessThan(sandbox.now());
  },
  async rate_limited_no_headers() {
    const res = await answerTo('rate_limited_no_headers');
    expect([...res.headers.keys()].filter((name) => /ratelimit|retry/.test(name))).toEqual([]);
  },
  async access_denied() {
    expect((await returnUnder('access_denied')).get('error')).toBe('access_denied');
  },
  async server_error() {
    expect((await returnUnder('server_error')).get('error')).toBe('server_error');
  },
  async temporarily_unavailable() {
    const parameters = await returnUnder('temporarily_unavailable');
    expect(parameters.get('error')).toBe('temporarily_unavailable');
    expect(parameters.get('state')).toBe('a state & more');
  },
  async expired_code() {
    const code = (await returnUnder('expired_code')).get('code') ?? '';
    expect(await bodyOf(await redeem(sandbox, client, code))).toMatchObject({ error: 'invalid_grant' });
  },
  async wrong_iss() {
    expect((await returnUnder('wrong_iss')).get('iss')).toBe('https://login.attacker.example');
  },
  async wrong_state() {
    expect((await returnUnder('wrong_state')).get('state')).toBe('forged');
  },
  async no_state() {
    expect((await returnUnder('no_state')).has('state')).toBe(false);
  },
  async no_code() {
    expect([...(await returnUnder('no_code')).keys()]).toEqual(['state']);
  },
  async invalid_grant() {
    expect(await bodyOf(await answerTo('invalid_grant', 'token'))).toMatchObject({ error: 'invalid_grant' });
  },
  async invalid_client() {
    expect(await statusOf('invalid_client', 'refresh')).toBe(401);
  },
  async invalid_request() {
    expect(await statusOf('invalid_request', 'token')).toBe(400);
  },
  async plain_text_error() {
    const res = await answerTo('plain_text_error', 'token');
    expect([res.status, await res.text()]).toEqual([400, 'invalid_grant\n']);
    expect(res.headers.get('content-type')).toContain('text/plain');
  },
  async narrowed_scope() {
    sandbox.setFaults([{ endpoint: 'token', fault: 'narrowed_scope' }]);
    const hint = { scope: 'writer', login_hint: 'will.writer@acme.example' };
    const tokens = await tokensFor(sandbox, client, hint);
    expect(tokens.scope).toBe('reader');
    const caller = await bodyOf(await api(sandbox, 'GET', '/caller-identity', bearer(tokens.access_token)));
    expect(caller.scopes).toEqual(['reader']);
  },
  async empty_scope() {
    expect((await tokensUnder('empty_scope')).scope).toBe('');
  },
  async no_refresh_token() {
    expect(await tokensUnder('no_refresh_token')).not.toHaveProperty('refresh_token');
  },
  async no_rotation() {
    const { refresh_token: token } = await tokensFor(sandbox, client);
    sandbox.setFaults([{ endpoint: 'refresh', fault: 'no_rotation' }]);
    for (const _ of [1, 2]) {
      const answer = await refresh(sandbox, client, token);
      expect(answer.status).toBe(200);
      expect(await bodyOf(answer)).not.toHaveProperty('refresh_token');
    }
  },
  async short_lifetimes() {
    const { expires_in: seconds, access_token: token = '' } = await tokensUnder('short_lifetimes');
    expect(seconds).toBe(5);
    sandbox.advanceClock(5000);
    expect((await api(sandbox, 'GET', '/members/me', bearer(token))).status).toBe(401);
  },
  async no_expires_in() {
    expect(await tokensUnder('no_expires_in')).not.toHaveProperty('expires_in');
  },
  async no_scope() {
    expect(await tokensUnder('no_scope')).not.toHaveProperty('scope');
  },
  async no_access_token() {
    expect(await tokensUnder('no_access_token')).not.toHaveProperty('access_token');
  },
  async wrong_token_type() {
    expect(await tokensUnder('wrong_token_type')).toMatchObject({ token_type: 'mac' });
  },
  async capital_bearer() {
    expect(await tokensUnder('capital_bearer')).toMatchObject({ token_type: 'Bearer' });
  },
  async http_400() {
    expect(await statusOf('http_400')).toBe(400);
  },
  async http_401_no_token() {
    const body = await bodyOf(await answerTo('http_401_no_token'));
    expect(body).toEqual({ code: 'unauthorized', message: 'Invalid account ID header' });
  },
  async http_401_empty() {
    const res = await answerTo('http_401_empty');
    expect([res.status, await res.text()]).toEqual([401, '']);
  },
  async revoked_token() {
    const body = await bodyOf(await answerTo('revoked_token', 'caller-identity'));
    expect(body).toEqual({ code: 'invalid_token', message: 'invalid access token' });
  },
  async http_403() {
    expect(await statusOf('http_403', 'members')).toBe(403);
  },
  async http_404() {
    expect(await statusOf('http_404', 'members')).toBe(404);
  },
  async http_405() {
    expect(await statusOf('http_405')).toBe(405);
  },
  async http_409() {
    expect(await bodyOf(await answerTo('http_409'))).toMatchObject({ code: 'optimistic_locking_error' });
  },
  async http_422() {
    expect(await bodyOf(await answerTo('http_422'))).toMatchObject({ code: 'patch_failed' });
  },
  async no_client_secret() {
    sandbox.setFault({ endpoint: 'clients', fault: 'no_client_secret' });
    expect((await registerClient(sandbox)).secret).toBeUndefined();
  },
  async text_creation_date() {
    sandbox.setFault({ endpoint: 'clients', fault: 'text_creation_date' });
    const body = await bodyOf(await api(sandbox, 'GET', `/oauth/clients/${client.id}`));
    expect(body._creationDate).toMatch(/^\d{13}$/);
  },
  async foreign_next_link() {
    expect(await (await answerTo('foreign_next_link')).text()).toContain('https://attacker.example');
  },
  async endless_pages() {
    const body = await bodyOf<{ _links: { next: { href: string } } }>(await answerTo('endless_pages'));
    expect(body._links.next.href).toBe('/api/v2/oauth/clients');
  },
  async no_account_id() {
    const body = await bodyOf(await answerTo('no_account_id', 'caller-identity'));
    expect(body).not.toHaveProperty('accountId');
    expect(body).toHaveProperty('memberId');
  },
  async no_member_id() {
    expect(await bodyOf(await answerTo('no_member_id', 'caller-identity'))).not.toHaveProperty('memberId');
  },
  async other_account_id() {
    const body = await bodyOf(await answerTo('other_account_id', 'caller-identity'));
    expect(body.accountId).toBe('0'.repeat(24));
  },
  async no_email() {
    expect(await bodyOf(await answerTo('no_email', 'members'))).not.toHaveProperty('email');
  },
  async other_member() {
    expect(await bodyOf(await answerTo('other_member', 'members'))).toMatchObject({ _id: '0'.repeat(24) });
  },
};

describe('Every failure of the menu can be seen from outside', () => {
  test.each(Object.entries(CHECKS))('%s', async (_, check) => check());

  test('and no failure is in the menu that has no test here', async () => {
    const { menu } = await bodyOf<{ menu: { fault: string }[] }>(
      await fetch(`${sandbox.url}/__sandbox/faults`),
    );
    expect(Object.keys(CHECKS).sort()).toEqual(menu.map(({ fault }) => fault).sort());
  });
});

describe('A failure lasts', () => {
  const unavailable = { endpoint: 'clients', fault: 'http_503' } as const;
  const statuses = async (count: number) => {
    const seen: number[] = [];
    while (seen.length < count) seen.push((await clients()).status);
    return seen;
  };

  test('once', async () => {
    sandbox.setFault({ ...unavailable, times: 1 });
    expect(await statuses(2)).toEqual([503, 200]);
  });

  test('as many times as asked', async () => {
    sandbox.setFault({ ...unavailable, times: 2 });
    expect(await statuses(3)).toEqual([503, 503, 200]);
  });

  test('until reset', async () => {
    sandbox.setFault(unavailable);
    expect(await statuses(4)).toEqual([503, 503, 503, 503]);
    await sandbox.reset({ keepClients: true });
    expect(await statuses(1)).toEqual([200]);
  });

  test('everywhere, while LaunchDarkly is down', async () => {
    sandbox.setFault({ endpoint: '*', fault: 'http_503' });
    expect((await CALLS.metadata()).status).toBe(503);
    expect((await CALLS.authorize()).status).toBe(503);
    expect((await clients()).status).toBe(503);
  });

  test('while another waits for its turn', async () => {
    sandbox.setFaults([
      { ...unavailable, times: 1 },
      { endpoint: 'clients', fault: 'http_403', times: 1 },
    ]);
    expect(await statuses(3)).toEqual([503, 403, 200]);
  });

  test('at one endpoint and leaves the others alone', async () => {
    sandbox.setFault({ endpoint: 'refresh', fault: 'invalid_grant' });
    expect((await exchange()).status).toBe(200);
    expect((await CALLS.refresh()).status).toBe(400);
  });
});

describe('The control API', () => {
  const put = (body: unknown) =>
    fetch(`${sandbox.url}/__sandbox/faults`, { method: 'PUT', body: JSON.stringify(body) });

  test('PUT replaces all failures, GET shows those that are left', async () => {
    sandbox.setFault({ endpoint: 'token', fault: 'slow' });
    const faults = [{ endpoint: 'clients', fault: 'http_503', times: 2 }];
    expect(await bodyOf(await put({ faults }))).toEqual({ faults });
    await clients();
    const left = await bodyOf(await fetch(`${sandbox.url}/__sandbox/faults`));
    expect(left.faults).toEqual([{ endpoint: 'clients', fault: 'http_503', times: 1 }]);
  });

  test.each([
    ['no list', {}],
    ['an unknown failure', { faults: [{ endpoint: 'token', fault: 'earthquake' }] }],
    ['an inherited name', { faults: [{ endpoint: 'token', fault: 'constructor' }] }],
    ['an unknown endpoint', { faults: [{ endpoint: 'nowhere', fault: 'slow' }] }],
    ['a failure where it cannot be', { faults: [{ endpoint: 'members', fault: 'wrong_iss' }] }],
    ['no times at all', { faults: [{ endpoint: 'token', fault: 'slow', times: 0 }] }],
    ['half a time', { faults: [{ endpoint: 'token', fault: 'slow', times: 1.5 }] }],
    ['an endless delay', { faults: [{ endpoint: 'token', fault: 'slow', delayMs: 1e9 }] }],
    ['a good one beside a bad one', { faults: [{ endpoint: 'token', fault: 'slow' }, null] }],
  ])('refuses %s with 400 and a sentence, changing nothing', async (_, body) => {
    const res = await put(body);
    expect(res.status).toBe(400);
    expect((await bodyOf<{ message: string }>(res)).message).toMatch(/\.$/);
    expect(sandbox.faults()).toEqual([]);
  });
});
