import { once } from 'node:events';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from '@jest/globals';
import type { Persona } from '../../src/sandbox/start-sandbox.ts';
import { client, sandbox } from './fresh-sandbox.ts';
import {
  ARIEL,
  api,
  authorizeUrl,
  bearer,
  bodyOf,
  codeFor,
  redeem,
  refresh,
  tokensFor,
  visit,
  withSandbox,
} from './support.ts';

const control = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${sandbox.url}/__sandbox/${path}`, {
    method,
    headers,
    redirect: 'manual',
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
const asForm = { 'Content-Type': 'application/x-www-form-urlencoded' };
const callerStatus = async (token: string) =>
  (await api(sandbox, 'GET', '/caller-identity', bearer(token))).status;

describe('The clock', () => {
  test('lets codes, access tokens and refresh tokens expire', async () => {
    const code = await codeFor(sandbox, client);
    await control('POST', 'clock', { advance: 59 });
    expect((await redeem(sandbox, client, code)).status).toBe(200);
    const late = await codeFor(sandbox, client);
    await control('POST', 'clock', { advance: '1m' });
    expect((await redeem(sandbox, client, late)).status).toBe(400);

    const tokens = await tokensFor(sandbox, client);
    await control('POST', 'clock', { advance: '59m' });
    expect(await callerStatus(tokens.access_token)).toBe(200);
    await control('POST', 'clock', { advance: '1m' });
    expect(await callerStatus(tokens.access_token)).toBe(401);
    const renewed = await bodyOf<typeof tokens>(await refresh(sandbox, client, tokens.refresh_token));
    expect(await callerStatus(renewed.access_token)).toBe(200);
    sandbox.advanceClock(30 * 86_400_000);
    expect((await refresh(sandbox, client, renewed.refresh_token)).status).toBe(400);
  });

  test('says what time it is, and refuses to go back or to take nonsense', async () => {
    const answer = await bodyOf<{ now: string; aheadMs: number }>(
      await control('POST', 'clock', { advance: '1h' }),
    );
    expect(answer.aheadMs).toBe(3_600_000);
    expect(Date.parse(answer.now) - Date.now()).toBeGreaterThan(3_590_000);
    for (const advance of [-1, '-1h', 'soon', null, {}, '9999999d', 1e300]) {
      expect((await control('POST', 'clock', { advance })).status).toBe(400);
    }
    expect(() => sandbox.advanceClock(-1)).toThrow('only moves forward');
  });
});

describe('Reset', () => {
  test('forgets everything but the API tokens', async () => {
    const { access_token: token } = await tokensFor(sandbox, client);
    sandbox.changePersona(ARIEL, { role: 'owner' });
    sandbox.setFault({ endpoint: '*', fault: 'slow', delayMs: 1 });
    sandbox.setSwitches({ requirePkce: true });
    sandbox.advanceClock(1000);
    expect((await control('POST', 'reset')).status).toBe(204);
    expect(await callerStatus(token)).toBe(401);
    expect(await bodyOf(await api(sandbox, 'GET', '/oauth/clients'))).toMatchObject({ items: [] });
    expect(sandbox.personas()[0]).toMatchObject({ email: ARIEL, role: 'reader' });
    expect(sandbox.faults()).toEqual([]);
    expect(sandbox.now() - Date.now()).toBeLessThan(500);
    expect(sandbox.ledger().length).toBeLessThan(3);
  });

  test('keeps the clients when asked to', async () => {
    await control('POST', 'reset', { keepClients: true });
    expect((await api(sandbox, 'GET', `/oauth/clients/${client.id}`)).status).toBe(200);
  });
});

describe('Personas', () => {
  const persona = async (email: string) => {
    const { personas } = await bodyOf<{ personas: Persona[] }>(await control('GET', 'personas'));
    return personas.find((each) => each.email === email)!;
  };

  test('who is downgraded can do less at once, with the same token', async () => {
    const will = 'will.writer@acme.example';
    const { access_token: token } = await tokensFor(sandbox, client, { scope: 'writer', login_hint: will });
    const identity = async () => bodyOf(await api(sandbox, 'GET', '/caller-identity', bearer(token)));
    expect(await identity()).toMatchObject({ scopes: ['writer'] });
    const res = await control('PATCH', `personas/${(await persona(will)).id}`, { role: 'reader' });
    expect(await bodyOf(res)).toMatchObject({ email: will, role: 'reader' });
    expect(await identity()).toMatchObject({ scopes: ['reader'] });
    expect(await bodyOf(await api(sandbox, 'GET', '/members/me', bearer(token)))).toMatchObject({
      role: 'reader',
    });
  });

  test('who is removed loses every token, cannot log in, and gets nothing back by returning', async () => {
    const tokens = await tokensFor(sandbox, client);
    await control('PATCH', `personas/${ARIEL}`, { removed: true });
    expect(await callerStatus(tokens.access_token)).toBe(401);
    expect((await refresh(sandbox, client, tokens.refresh_token)).status).toBe(400);
    expect((await visit(authorizeUrl(sandbox, client))).status).toBe(200);
    await control('PATCH', `personas/${ARIEL}`, { removed: false });
    expect(await callerStatus(tokens.access_token)).toBe(401);
    expect((await visit(authorizeUrl(sandbox, client))).status).toBe(302);
  });

  test('a removed Admin’s API token is dead; a downgraded one’s is too weak', async () => {
    const ada = 'ada.admin@acme.example';
    sandbox.changePersona(ada, { role: 'reader' });
    expect((await api(sandbox, 'GET', '/oauth/clients')).status).toBe(403);
    sandbox.changePersona(ada, { removed: true });
    expect((await api(sandbox, 'GET', '/oauth/clients')).status).toBe(401);
  });

  test('revoking someone’s authorized apps ends their tokens and lets them log in again', async () => {
    const tokens = await tokensFor(sandbox, client);
    const others = await tokensFor(sandbox, client, { login_hint: 'will.writer@acme.example' });
    expect((await control('POST', `personas/${ARIEL}/revoke`)).status).toBe(204);
    expect(await callerStatus(tokens.access_token)).toBe(401);
    expect(await callerStatus(others.access_token)).toBe(200);
    expect(await callerStatus((await tokensFor(sandbox, client)).access_token)).toBe(200);
  });

  test('a change that makes no sense is refused whole', async () => {
    const bad = [
      { role: 'king' },
      { role: 'owner', removed: 'yes' },
      { email: 'x@y.example' },
      { customRoles: 'x' },
    ];
    for (const changes of bad)
      expect((await control('PATCH', `personas/${ARIEL}`, changes)).status).toBe(400);
    expect((await control('PATCH', 'personas/nobody', { role: 'admin' })).status).toBe(400);
    expect((await control('PATCH', `personas/${ARIEL}`, '[]')).status).toBe(400);
    expect(await persona(ARIEL)).toMatchObject({ role: 'reader', removed: false });
  });
});

describe('The control API is only for this machine', () => {
  async function requestAs(host: string, path: string): Promise<string> {
    const { port } = new URL(sandbox.url);
    const socket = connect(Number(port), '127.0.0.1');
    await once(socket, 'connect');
    socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
    return text(socket);
  }

  test.each(['attacker.example', 'localhost.attacker.example', '127.0.0.1.attacker.example', '10.0.0.1', ''])(
    'a name that was pointed here (Host: %s) gets nothing',
    async (host) => {
      for (const path of ['/__sandbox/ledger', '/', '/trust/oauth/authorize', '/api/v2/oauth/clients']) {
        expect(await requestAs(host, path)).toMatch(/^HTTP\/1\.1 421 /);
      }
    },
  );

  test.each(['127.0.0.1:1', 'localhost', 'app.localhost:3000', '[::1]:4000'])(
    'loopback name %s is served',
    async (host) => {
      expect(await requestAs(host, '/__sandbox/ledger')).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  test('listening on all addresses opens LaunchDarkly’s endpoints to other names, but not the controls', async () => {
    await withSandbox({ host: '0.0.0.0' }, async (open) => {
      const { port } = new URL(open.url);
      const statusAs = async (path: string) => {
        const socket = connect(Number(port), '127.0.0.1');
        await once(socket, 'connect');
        socket.write(`GET ${path} HTTP/1.1\r\nHost: host.docker.internal\r\nConnection: close\r\n\r\n`);
        return Number((await text(socket)).split(' ')[1]);
      };
      expect(await statusAs('/.well-known/oauth-authorization-server')).toBe(200);
      expect(await statusAs('/__sandbox/ledger')).toBe(421);
      expect(await statusAs('/')).toBe(421);
    });
  });

  test('a form or request of another web site changes nothing', async () => {
    const foreign = [
      { Origin: 'https://attacker.example' },
      { Origin: 'null' },
      { Origin: 'http://127.0.0.1:1' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'Sec-Fetch-Site': 'same-site' },
    ];
    for (const headers of foreign) {
      expect((await control('POST', 'reset', 'keepClients=false', { ...asForm, ...headers })).status).toBe(
        403,
      );
      expect((await control('PUT', 'faults', { faults: [] }, headers)).status).toBe(403);
      expect((await control('DELETE', 'ledger', undefined, headers)).status).toBe(403);
      expect((await control('POST', 'clock', 'advance=1d', { ...asForm, ...headers })).status).toBe(403);
    }
    expect((await api(sandbox, 'GET', `/oauth/clients/${client.id}`)).status).toBe(200);
  });

  test('no answer of it may be read by another origin, and a preflight is not answered', async () => {
    expect((await control('GET', 'ledger')).headers.get('access-control-allow-origin')).toBeNull();
    const preflight = await control('OPTIONS', 'faults', undefined, {
      Origin: 'https://attacker.example',
      'Access-Control-Request-Method': 'PUT',
    });
    expect(preflight.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('wrong methods, wrong bodies and huge bodies are client mistakes', async () => {
    expect((await control('GET', 'reset')).status).toBe(405);
    expect((await control('GET', 'clock')).status).toBe(405);
    expect((await control('POST', 'clock', '{')).status).toBe(400);
    expect((await control('PUT', 'faults', 'x'.repeat(100_000))).status).toBe(413);
    expect((await control('GET', 'nothing')).status).toBe(404);
  });
});

describe('The pages’ forms', () => {
  const post = (path: string, form: string) =>
    control('POST', path, form, { ...asForm, Origin: sandbox.url, 'Sec-Fetch-Site': 'same-origin' });

  test('switch a failure on and off', async () => {
    const on = await post('faults', 'endpoint=token&fault=http_503&times=1&delayMs=');
    expect([on.status, on.headers.get('location')]).toEqual([303, '/__sandbox/faults?done=fault-on']);
    expect(sandbox.faults()).toEqual([{ endpoint: 'token', fault: 'http_503', times: 1 }]);
    await post('faults', 'endpoint=token&fault=slow&times=&delayMs=20');
    await post('faults', 'action=off&index=1');
    expect(sandbox.faults()).toEqual([{ endpoint: 'token', fault: 'slow', delayMs: 20 }]);
    await post('faults', 'action=clear');
    expect(sandbox.faults()).toEqual([]);
  });

  test('change personas, let time pass, start over, empty the ledger', async () => {
    await post(`personas/${ARIEL}`, 'role=admin');
    await post(`personas/${ARIEL}`, 'removed=true');
    expect(sandbox.personas()[0]).toMatchObject({ role: 'admin', removed: true });
    await post('clock', 'advance=1h');
    expect(sandbox.now() - Date.now()).toBeGreaterThan(3_590_000);
    await post('ledger', 'action=clear');
    expect(sandbox.ledger()).toEqual([]);
    expect((await post('reset', 'keepClients=true')).headers.get('location')).toBe('/?done=reset-kept');
    expect(sandbox.personas()[0]).toMatchObject({ role: 'reader', removed: false });
    expect((await api(sandbox, 'GET', `/oauth/clients/${client.id}`)).status).toBe(200);
  });
});
