import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { LedgerEntry, Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { RegisteredClient } from './support.ts';
import {
  api,
  bearer,
  bodyOf,
  codeFor,
  pkcePair,
  postToken,
  redeem,
  refresh,
  registerClient,
  tokensFor,
} from './support.ts';

let sandbox: Sandbox;
let client: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true, adminToken: 'an-admin-token-of-my-own' });
});
beforeEach(async () => {
  await sandbox.reset();
  client = await registerClient(sandbox);
});
afterAll(() => sandbox.close());

const ledger = async (query = '') =>
  (await bodyOf<{ entries: LedgerEntry[] }>(await fetch(`${sandbox.url}/__sandbox/ledger${query}`))).entries;

test('shows every request and its answer, the newest first, and not itself', async () => {
  const { access_token: token } = await tokensFor(sandbox, client);
  await api(sandbox, 'GET', '/members/me', bearer(token));
  const calls = (await ledger()).map(({ request, response, endpoint }) => [
    request.method,
    request.url.split('?')[0],
    response?.status,
    endpoint,
  ]);
  expect(calls).toEqual([
    ['GET', '/api/v2/members/me', 200, 'members'],
    ['POST', '/trust/oauth/token', 200, 'token'],
    ['GET', '/trust/oauth/authorize', 302, 'consent'],
    ['POST', '/api/v2/oauth/clients', 201, 'clients'],
  ]);
});

test('holds no secret, token or code, wherever it went, and neither does its page', async () => {
  const { verifier, challenge } = pkcePair();
  const code = await codeFor(sandbox, client, { code_challenge: challenge, code_challenge_method: 'S256' });
  const tokens = await bodyOf<{ access_token: string; refresh_token: string }>(
    await redeem(sandbox, client, code, { code_verifier: verifier }),
  );
  const authorization = `Basic ${btoa(`${client.id}:${client.secret}`)}`;
  await postToken(sandbox, { grant_type: 'authorization_code', code }, { Authorization: authorization });
  await refresh(sandbox, client, tokens.refresh_token);
  await api(sandbox, 'GET', '/members/me', bearer(tokens.access_token));
  await api(sandbox, 'GET', `/oauth/clients/${tokens.access_token}?x=${client.secret}`, {
    headers: {
      Authorization: sandbox.adminToken,
      Cookie: 'session=cookie-secret',
      Referer: `https://x/?code=${code}`,
    },
  });
  const everything = JSON.stringify([await ledger(), sandbox.ledger()]);
  const page = await (
    await fetch(`${sandbox.url}/__sandbox/ledger`, { headers: { Accept: 'text/html' } })
  ).text();
  const secrets = [
    client.secret,
    code,
    verifier,
    tokens.access_token,
    tokens.refresh_token,
    sandbox.adminToken,
    'cookie-secret',
    authorization.slice(6),
  ];
  for (const text of [everything, page]) for (const secret of secrets) expect(text).not.toContain(secret);
});

test('masks the same secret alike, so that one can follow it', async () => {
  const { access_token: token } = await tokensFor(sandbox, client);
  await api(sandbox, 'GET', '/members/me', bearer(token));
  const [members, exchange] = sandbox.ledger();
  const mask = /\[masked \w+\]/.exec(members?.request.headers.authorization ?? '')?.[0] ?? 'none';
  expect(exchange?.response?.body).toContain(`"access_token": "${mask}"`);
});

test('names the failure that met a request, and says when a connection was dropped', async () => {
  sandbox.setFault({ endpoint: 'clients', fault: 'connection_dropped', times: 1 });
  await expect(api(sandbox, 'GET', '/oauth/clients')).rejects.toThrow();
  expect(sandbox.ledger()[0]).toMatchObject({
    fault: 'connection_dropped',
    endpoint: 'clients',
    dropped: true,
  });
  expect(sandbox.ledger()[0]).not.toHaveProperty('response');
});

test('can be asked for one endpoint, for fewer entries, and be emptied', async () => {
  await tokensFor(sandbox, client);
  expect((await ledger('?endpoint=token')).map(({ endpoint }) => endpoint)).toEqual(['token']);
  expect(await ledger('?limit=1')).toHaveLength(1);
  expect((await fetch(`${sandbox.url}/__sandbox/ledger`, { method: 'DELETE' })).status).toBe(204);
  expect(await ledger()).toEqual([]);
});

test('keeps the last 500 requests', async () => {
  const batch = () => Promise.all(Array.from({ length: 60 }, () => fetch(`${sandbox.url}/.well-known/x`)));
  for (let i = 0; i < 9; i += 1) await batch();
  expect(sandbox.ledger()).toHaveLength(500);
});

test('survives requests that make no sense', async () => {
  await postToken(sandbox, { grant_type: 'x' }, { Authorization: 'Basic' });
  await fetch(`${sandbox.url}/trust/oauth/authorize?%zz=%`, { redirect: 'manual' });
  await fetch(`${sandbox.url}/api/v2/oauth/clients/%E0%A4%A`);
  await api(sandbox, 'POST', '/oauth/clients', { body: '{"name":' });
  expect((await ledger()).map(({ response }) => response?.status)).toEqual([400, 400, 400, 401, 201]);
});
