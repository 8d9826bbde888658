import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { checkSeed } from '../../src/sandbox/seed-file.ts';
import type { Sandbox, Seed } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Tenant } from '../../src/sandbox/tenants.ts';
import { freePort } from '../support/free-port.ts';
import { sendRaw } from './raw-request.ts';
import {
  ARIEL,
  api,
  bearer,
  bodyOf,
  codeFor,
  REDIRECT_URI,
  redeem,
  registerClient,
  tokensFor,
  withSandbox,
} from './support.ts';

const CLIENT = { id: 'my-app', name: 'My app', redirectUri: REDIRECT_URI, secret: 'not so+secret/=' };
const SEED: Seed = {
  accounts: [
    { organization: 'Mine', members: [{ email: 'me@mine.example', role: 'admin' }], clients: [CLIENT] },
  ],
};
const ME = { login_hint: 'me@mine.example' };

let sandbox: Sandbox;
beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
});
afterAll(() => sandbox.close());

const control = async <T>(path: string, init: RequestInit = {}, at: { url: string } = sandbox) =>
  bodyOf<T>(await fetch(`${at.url}/__sandbox/${path}`, init));
const asJson = (body: unknown) => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify(body),
});

describe('A seed with clients', () => {
  test('lets an app log in with the id and secret that its own settings hold', async () => {
    await withSandbox({ seed: SEED, autoApprove: true }, async (sandbox) => {
      const { access_token: token } = await tokensFor(sandbox, CLIENT, ME);
      expect((await api(sandbox, 'GET', '/members/me', bearer(token))).status).toBe(200);
      const { items } = await bodyOf<{ items: object[] }>(await api(sandbox, 'GET', '/oauth/clients'));
      expect(items).toMatchObject([{ _clientId: 'my-app', name: 'My app', redirectUri: REDIRECT_URI }]);
    });
  });

  test('brings them back with a reset, and takes those registered since', async () => {
    await withSandbox({ seed: SEED, autoApprove: true }, async (sandbox) => {
      await registerClient(sandbox);
      await api(sandbox, 'DELETE', '/oauth/clients/my-app');
      await sandbox.reset();
      expect(sandbox.state().clients.map(({ id }) => id)).toEqual(['my-app']);
      await tokensFor(sandbox, CLIENT, ME);
    });
  });

  test('gives a client without an id the same one on each start', async () => {
    const { id: _, ...client } = CLIENT;
    const seed: Seed = { accounts: [{ ...SEED.accounts[0]!, clients: [client] }] };
    const ids = [0, 1].map(() => withSandbox({ seed }, async ({ state }) => state().clients[0]?.id));
    const [first, second] = await Promise.all(ids);
    expect([first, second]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/), first]);
  });

  test.each([
    [{ ...CLIENT, redirectUri: 'http://app.example.test/' }, /redirect URI .* must use https/],
    [{ ...CLIENT, secret: 'ü' }, /clients\.0\.secret: must be printable ASCII/],
    [{ name: 'x', redirectUri: REDIRECT_URI }, /secret/],
  ])('is refused when a client cannot be: %j', async (client, message) => {
    const seed = { accounts: [{ ...SEED.accounts[0], clients: [client] }] } as unknown as Seed;
    await expect(startSandbox({ port: 0, seed })).rejects.toThrow(message);
  });

  test('is refused when two clients have one id', async () => {
    const seed: Seed = { accounts: [{ ...SEED.accounts[0]!, clients: [CLIENT, { ...CLIENT, name: 'b' }] }] };
    await expect(startSandbox({ port: 0, seed })).rejects.toThrow('names "client my-app" twice');
  });
});

describe('The JSON Schema of a seed', () => {
  const member = { email: 'a@b.example' };
  const account = { organization: 'A', members: [member] };
  const withMember = (changes: object) => ({
    accounts: [{ ...account, members: [{ ...member, ...changes }] }],
  });
  const withClient = (changes: object) => ({
    accounts: [{ ...account, clients: [{ ...CLIENT, ...changes }] }],
  });

  test('is served, and is the one in docs/', async () => {
    const served = await control('seed.schema.json');
    expect(served).toEqual(JSON.parse(readFileSync('docs/sandbox-seed.schema.json', 'utf8')));
  });

  test.each([
    [SEED, true],
    [{ $schema: 'x', accounts: [account] }, true],
    [withMember({ role: 'owner', customRoles: ['a'], teams: [{ key: 'a', name: 'A' }] }), true],
    [withMember({ pendingInvite: true, verified: false, projects: [], about: 'x', group: 'y' }), true],
    [{ accounts: [{ ...account, projects: [{ key: 'web', name: 'Web', tags: [] }] }] }, true],
    [withClient({ description: '' }), true],
    [{}, false],
    [[], false],
    [{ accounts: [] }, false],
    [{ accounts: [{ organization: 'A', members: [] }] }, false],
    [{ accounts: [account], other: 1 }, false],
    [withMember({ email: 'x' }), false],
    [withMember({ email: '' }), false],
    [withMember({ role: 'king' }), false],
    [withMember({ firstname: 'x' }), false],
    [withMember({ verified: 'yes' }), false],
    [withMember({ teams: [{ key: 'a' }] }), false],
    [withMember({ projects: [''] }), false],
    [withMember({ about: null }), false],
    [withClient({ secret: '' }), false],
    [withClient({ secret: 'ü' }), false],
    [withClient({ id: 'a b' }), false],
    [withClient({ redirectUri: 1 }), false],
  ])('agrees with what the sandbox accepts: %j', async (seed, accepted) => {
    const schema = await control<object>('seed.schema.json');
    const validate = new Ajv2020({ strict: true }).compile(schema);
    const accepts = () => {
      try {
        checkSeed(seed);
        return true;
      } catch {
        return false;
      }
    };
    expect([validate(seed), accepts()]).toEqual([accepted, accepted]);
  });
});

describe('GET /__sandbox/state', () => {
  test('shows who allowed what to whom and what is still good, without a secret', async () => {
    await sandbox.reset();
    const client = await registerClient(sandbox);
    const tokens = await tokensFor(sandbox, client);
    const { authorizations, clients, personas, accounts } = sandbox.state();
    expect(clients).toMatchObject([{ id: client.id, name: 'Test app', redirectUri: REDIRECT_URI }]);
    expect([personas.length, accounts.map(({ organization }) => organization)]).toEqual([
      15,
      ['Acme', 'Globex'],
    ]);
    expect(authorizations).toMatchObject([
      {
        clientId: client.id,
        memberId: personas.find(({ email }) => email === ARIEL)?.id,
        scope: ['reader'],
        active: true,
        codes: [{ active: false, spent: true }],
        accessTokens: [{ active: true }],
        refreshTokens: [{ active: true }],
      },
    ]);
    sandbox.revokeAuthorizations(ARIEL);
    expect(sandbox.state().authorizations).toMatchObject([
      { active: false, accessTokens: [{ active: false }] },
    ]);
    const text = JSON.stringify(await control('state'));
    expect(JSON.parse(text)).toMatchObject({ switches: { iss: 'none' }, faults: [], browserSessions: 0 });
    for (const secret of [client.secret, tokens.access_token, tokens.refresh_token, sandbox.adminToken]) {
      expect(text).not.toContain(secret);
    }
    expect(text).not.toMatch(/hash/i);
  });
});

describe('The ledger', () => {
  test('is narrowed by path, method, status and since, for assertions in any language', async () => {
    await sandbox.reset();
    const client = await registerClient(sandbox);
    const { last } = await control<{ last: number }>('ledger');
    await redeem(sandbox, client, await codeFor(sandbox, client));
    await redeem(sandbox, client, 'unknown');
    await api(sandbox, 'GET', '/members/me');
    const paths = async (query: string) =>
      (await control<{ entries: { request: { url: string } }[] }>(`ledger?${query}`)).entries.map(
        ({ request }) => request.url.split('?')[0],
      );
    const token = '/trust/oauth/token';
    expect(await paths(`since=${last}`)).toEqual([
      '/api/v2/members/me',
      token,
      token,
      '/trust/oauth/authorize',
    ]);
    expect(await paths(`path=${token}`)).toEqual([token, token]);
    expect(await paths(`path=${token}&status=400`)).toEqual([token]);
    expect(await paths('method=post&limit=1')).toEqual([token]);
    expect(await paths(`path=${token}&since=${last + 2}`)).toEqual([token]);
    const now = sandbox.now();
    sandbox.advanceClock(1000);
    await api(sandbox, 'GET', '/projects');
    expect(await paths(`since=${new Date(now + 1000).toISOString()}`)).toEqual(['/api/v2/projects']);
    expect(sandbox.ledger({ path: token, status: 200 })).toHaveLength(1);
    for (const query of ['since=yesterday', 'status=x', 'limit=-1']) {
      expect((await fetch(`${sandbox.url}/__sandbox/ledger?${query}`)).status).toBe(400);
    }
  });

  test('is exported as HAR 1.2, the oldest first, secrets masked', async () => {
    await sandbox.reset();
    const client = await registerClient(sandbox);
    const code = await codeFor(sandbox, client);
    await redeem(sandbox, client, code);
    sandbox.setFault({ endpoint: 'members', fault: 'connection_dropped', times: 1 });
    await api(sandbox, 'GET', '/members/me').catch(() => {});
    const res = await fetch(`${sandbox.url}/__sandbox/ledger.har`);
    expect(res.headers.get('content-disposition')).toContain('launchdarkly-sandbox.har');
    const text = await res.text();
    for (const secret of [code, client.secret, sandbox.adminToken]) expect(text).not.toContain(secret);
    const { log } = JSON.parse(text);
    expect(log).toMatchObject({ version: '1.2', creator: { name: 'LaunchDarkly sandbox' } });
    const [registration, authorization, exchange, dropped] = log.entries;
    expect(registration).toMatchObject({
      startedDateTime: expect.stringMatching(/Z$/),
      request: {
        method: 'POST',
        url: `${sandbox.url}/api/v2/oauth/clients`,
        postData: { mimeType: 'application/json' },
      },
      response: { status: 201, statusText: 'Created' },
      timings: { send: 0, receive: 0 },
      cache: {},
    });
    expect(authorization.request.queryString).toContainEqual({ name: 'response_type', value: 'code' });
    expect(authorization.response.redirectURL).toContain(REDIRECT_URI);
    expect(exchange.response.content).toMatchObject({
      mimeType: expect.stringContaining('application/json'),
    });
    expect(dropped).toMatchObject({ response: { status: 0 }, comment: expect.stringContaining('no answer') });
  });
});

describe('Tenants', () => {
  test('fifty at once, each with a login of its own, and none sees another’s clients or ledger', async () => {
    const tenants = await Promise.all(
      Array.from({ length: 50 }, () => control<Tenant>('tenants', asJson({ autoApprove: true }))),
    );
    expect(new Set(tenants.map(({ url }) => url)).size).toBe(50);
    await Promise.all(
      tenants.map(async (tenant, index) => {
        const at = tenant as unknown as Sandbox;
        const client = await registerClient(at, REDIRECT_URI, `App ${index}`);
        const { access_token: token } = await tokensFor(at, client);
        expect((await api(at, 'GET', '/members/me', bearer(token))).status).toBe(200);
      }),
    );
    for (const [index, tenant] of tenants.entries()) {
      const { clients } = await control<{ clients: { name: string }[] }>('state', {}, tenant);
      expect(clients.map(({ name }) => name)).toEqual([`App ${index}`]);
      const { entries } = await control<{ entries: object[] }>('ledger', {}, tenant);
      expect(entries).toHaveLength(4);
      const stranger = { headers: { Authorization: tenants[(index + 1) % 50]!.adminToken } };
      expect((await api(tenant as unknown as Sandbox, 'GET', '/caller-identity', stranger)).status).toBe(401);
    }
    const { tenants: listed } = await control<{ tenants: Tenant[] }>('tenants');
    expect(listed).toHaveLength(50);
    for (const { id } of tenants) {
      expect((await fetch(`${sandbox.url}/__sandbox/tenants/${id}`, { method: 'DELETE' })).status).toBe(204);
    }
    await expect(fetch(tenants[0]!.url)).rejects.toThrow();
  }, 60_000);

  test('answer at the sandbox’s own port too, by a header', async () => {
    const tenant = await control<Tenant>('tenants', asJson({ seed: SEED, switches: { iss: 'right' } }));
    const header = ['Sandbox-Tenant', tenant.id];
    const clients = await sendRaw(sandbox, 'GET', '/api/v2/oauth/clients', {
      headers: [...header, 'Authorization', tenant.adminToken],
    });
    expect(JSON.parse(clients.body).items).toMatchObject([{ _clientId: 'my-app' }]);
    const state = await sendRaw(sandbox, 'GET', '/__sandbox/state', { headers: header });
    expect(JSON.parse(state.body).switches.iss).toBe('right');
    expect(sandbox.state().switches.iss).toBe('none');
    const unknown = await sendRaw(sandbox, 'GET', '/', { headers: ['Sandbox-Tenant', 'nobody'] });
    expect([unknown.status, unknown.body]).toEqual([404, expect.stringContaining('no tenant')]);
    const nested = await sendRaw(sandbox, 'GET', '/__sandbox/tenants', { headers: header });
    expect(nested.status).toBe(404);
  });

  test.each([
    { other: 1 },
    { switches: { iss: 'left' } },
    { switches: 7 },
    { seed: {} },
    { autoApprove: 'yes' },
  ])('are refused with wrong options: %j', async (options) => {
    const res = await fetch(`${sandbox.url}/__sandbox/tenants`, asJson(options));
    expect([res.status, await bodyOf(res)]).toMatchObject([400, { error: 'invalid_request' }]);
  });
});

describe('A public URL', () => {
  test('is what the sandbox calls itself, and a name it answers to', async () => {
    const publicUrl = 'https://launchdarkly.test';
    const port = await freePort();
    const sandbox = await startSandbox({ port, publicUrl });
    expect(sandbox.url).toBe(publicUrl);
    const at = { url: `http://127.0.0.1:${port}` };
    const get = (path: string, host: string) => sendRaw(at, 'GET', path, { headers: ['Host', host] });
    for (const host of ['launchdarkly.test', 'localhost', 'launchdarkly.localhost:4000']) {
      const metadata = await get('/.well-known/oauth-authorization-server', host);
      expect(JSON.parse(metadata.body)).toMatchObject({ issuer: publicUrl });
      expect((await get('/__sandbox/state', host)).status).toBe(200);
    }
    expect((await get('/__sandbox/state', 'attacker.example')).status).toBe(421);
    await sandbox.close();
  });

  test.each(['launchdarkly.test', 'ftp://x', 'https://x/path', 'https://x?y', 'https://user@x'])(
    '%s is none',
    async (publicUrl) => {
      await expect(startSandbox({ port: 0, publicUrl })).rejects.toThrow('public URL');
    },
  );
});
