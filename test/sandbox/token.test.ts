import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { RegisteredClient, Tokens } from './support.ts';
import {
  api,
  bearer,
  bodyOf,
  codeFor,
  pkcePair,
  postToken,
  REDIRECT_URI,
  redeem,
  refresh,
  registerClient,
  tokensFor,
} from './support.ts';

let sandbox: Sandbox;
let client: RegisteredClient;
let other: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
  client = await registerClient(sandbox);
  other = await registerClient(sandbox);
});
afterAll(() => sandbox.close());

async function expectRefusal(res: Response, error: string, status = 400): Promise<void> {
  expect(await res.json()).toMatchObject({ error });
  expect(res.status).toBe(status);
  expect(res.headers.get('cache-control')).toBe('no-store');
}

const callerStatus = async (token: string) =>
  (await api(sandbox, 'GET', '/caller-identity', bearer(token))).status;

const basic = (id: string, secret: string) => ({
  Authorization: `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(secret)}`).toString('base64')}`,
});

describe('The code grant', () => {
  test('answers with bearer tokens that no cache may keep', async () => {
    const res = await redeem(sandbox, client, await codeFor(sandbox, client));
    expect(res.headers.get('cache-control')).toBe('no-store');
    expect(await res.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'bearer',
      expires_in: 3600,
      refresh_token: expect.any(String),
      scope: 'reader',
    });
  });

  test('notices a replay after the code has expired and the sandbox has tidied up', async () => {
    const code = await codeFor(sandbox, client);
    const tokens = await bodyOf<Tokens>(await redeem(sandbox, client, code));
    sandbox.advanceClock(61_000);
    for (let round = 0; round < 10; round += 1) {
      await Promise.all(Array.from({ length: 50 }, () => codeFor(sandbox, client)));
    }
    expect(await callerStatus(tokens.access_token)).toBe(200);
    const replay = await bodyOf(await redeem(sandbox, client, code));
    expect(replay.error_description).toMatch(/was used before/);
    expect(await callerStatus(tokens.access_token)).toBe(401);
  });

  test('takes a code once; a replay revokes what it gave', async () => {
    const code = await codeFor(sandbox, client);
    const tokens = await bodyOf<Tokens>(await redeem(sandbox, client, code));
    expect(await callerStatus(tokens.access_token)).toBe(200);
    await expectRefusal(await redeem(sandbox, client, code), 'invalid_grant');
    expect(await callerStatus(tokens.access_token)).toBe(401);
    await expectRefusal(await refresh(sandbox, client, tokens.refresh_token), 'invalid_grant');
  });

  test('refuses an unknown code, another client’s code, another redirect URI', async () => {
    await expectRefusal(await redeem(sandbox, client, 'made-up'), 'invalid_grant');
    const code = await codeFor(sandbox, client);
    await expectRefusal(await redeem(sandbox, other, code), 'invalid_grant');
    expect((await redeem(sandbox, client, code)).status).toBe(200);
    const another = await codeFor(sandbox, client);
    await expectRefusal(
      await redeem(sandbox, client, another, { redirect_uri: `${REDIRECT_URI}/` }),
      'invalid_grant',
    );
  });

  test('refuses a request without code or redirect_uri', async () => {
    const credentials = { client_id: client.id, client_secret: client.secret };
    const code = await codeFor(sandbox, client);
    const grant = { grant_type: 'authorization_code', ...credentials };
    await expectRefusal(
      await postToken(sandbox, { ...grant, redirect_uri: REDIRECT_URI }),
      'invalid_request',
    );
    await expectRefusal(await postToken(sandbox, { ...grant, code }), 'invalid_request');
  });
});

describe('PKCE', () => {
  const { verifier, challenge } = pkcePair();
  const s256 = { code_challenge: challenge, code_challenge_method: 'S256' };

  test('accepts the verifier that belongs to the challenge', async () => {
    const code = await codeFor(sandbox, client, s256);
    expect((await redeem(sandbox, client, code, { code_verifier: verifier })).status).toBe(200);
  });

  test('refuses a missing, wrong, malformed or unasked-for verifier, and the code is spent by the attempt', async () => {
    const attempts = [{}, { code_verifier: pkcePair().verifier }, { code_verifier: 'short' }];
    for (const attempt of attempts) {
      const code = await codeFor(sandbox, client, s256);
      await expectRefusal(await redeem(sandbox, client, code, attempt), 'invalid_grant');
      await expectRefusal(await redeem(sandbox, client, code, { code_verifier: verifier }), 'invalid_grant');
    }
    const unasked = await codeFor(sandbox, client);
    await expectRefusal(await redeem(sandbox, client, unasked, { code_verifier: verifier }), 'invalid_grant');
  });
});

describe('Client authentication', () => {
  const grant = async () => ({
    grant_type: 'authorization_code',
    code: await codeFor(sandbox, client),
    redirect_uri: REDIRECT_URI,
  });

  test('by Basic works as by the body', async () => {
    const res = await postToken(sandbox, await grant(), basic(client.id, client.secret));
    expect(res.status).toBe(200);
  });

  test('by both at once is refused', async () => {
    const form = { ...(await grant()), client_id: client.id, client_secret: client.secret };
    await expectRefusal(await postToken(sandbox, form, basic(client.id, client.secret)), 'invalid_request');
    const otherId = { ...(await grant()), client_id: other.id };
    await expectRefusal(
      await postToken(sandbox, otherId, basic(client.id, client.secret)),
      'invalid_request',
    );
  });

  test('with a wrong secret, an unknown id, none at all, or nonsense is invalid_client, 401', async () => {
    const form = await grant();
    const wrong = await postToken(sandbox, form, basic(client.id, 'wrong'));
    expect(wrong.headers.get('www-authenticate')).toMatch(/^Basic /);
    await expectRefusal(wrong, 'invalid_client', 401);
    await expectRefusal(
      await postToken(sandbox, form, basic('nobody', client.secret)),
      'invalid_client',
      401,
    );
    await expectRefusal(await postToken(sandbox, form), 'invalid_client', 401);
    await expectRefusal(await postToken(sandbox, { ...form, client_id: client.id }), 'invalid_client', 401);
    for (const value of ['Basic', 'Basic !!!', 'Basic bm9jb2xvbg==', 'Bearer x', `Basic ${btoa('%zz:x')}`]) {
      await expectRefusal(await postToken(sandbox, form, { Authorization: value }), 'invalid_client', 401);
    }
  });

  test('a made-up code earns invalid_grant with the right secret, invalid_client with a wrong one', async () => {
    await expectRefusal(await redeem(sandbox, client, 'x'), 'invalid_grant');
    await expectRefusal(await redeem(sandbox, client, 'x', { client_secret: 'no' }), 'invalid_client', 401);
  });
});

describe('The refresh grant', () => {
  test('rotates: a new refresh token each time, and reuse of an old one ends the family', async () => {
    const first = await tokensFor(sandbox, client);
    const second = await bodyOf<Tokens>(await refresh(sandbox, client, first.refresh_token));
    expect(second.refresh_token).not.toBe(first.refresh_token);
    expect(await callerStatus(second.access_token)).toBe(200);
    await expectRefusal(await refresh(sandbox, client, first.refresh_token), 'invalid_grant');
    expect(await callerStatus(second.access_token)).toBe(401);
    await expectRefusal(await refresh(sandbox, client, second.refresh_token), 'invalid_grant');
  });

  test('refuses another client’s token, an access token, a made-up one, and a wider scope', async () => {
    const tokens = await tokensFor(sandbox, client);
    await expectRefusal(await refresh(sandbox, other, tokens.refresh_token), 'invalid_grant');
    await expectRefusal(await refresh(sandbox, client, tokens.access_token), 'invalid_grant');
    await expectRefusal(await refresh(sandbox, client, 'made-up'), 'invalid_grant');
    const wider = {
      grant_type: 'refresh_token',
      refresh_token: tokens.refresh_token,
      scope: 'reader writer',
    };
    await expectRefusal(await postToken(sandbox, wider, basic(client.id, client.secret)), 'invalid_scope');
  });
});

describe('The token endpoint refuses', () => {
  const credentials = () => ({ client_id: client.id, client_secret: client.secret });

  test('other grant types', async () => {
    const password = { ...credentials(), grant_type: 'password', username: 'a', password: 'b' };
    await expectRefusal(await postToken(sandbox, password), 'unsupported_grant_type');
    const inherited = { ...credentials(), grant_type: 'constructor' };
    await expectRefusal(await postToken(sandbox, inherited), 'unsupported_grant_type');
    const machine = { ...credentials(), grant_type: 'client_credentials' };
    await expectRefusal(await postToken(sandbox, machine), 'unauthorized_client');
  });

  test('repeated parameters', async () => {
    const form = new URLSearchParams({ ...credentials(), grant_type: 'authorization_code', code: 'a' });
    form.append('code', 'b');
    await expectRefusal(await postToken(sandbox, form), 'invalid_request');
  });

  test('bodies that are no form, and bodies that are too large', async () => {
    const url = `${sandbox.url}/trust/oauth/token`;
    const json = { method: 'POST', body: '{}', headers: { 'Content-Type': 'application/json' } };
    await expectRefusal(await fetch(url, json), 'invalid_request');
    const huge = await fetch(url, {
      method: 'POST',
      body: new URLSearchParams({ code: 'x'.repeat(100_000) }),
    });
    await expectRefusal(huge, 'invalid_request');
  });

  test('credentials in the query', async () => {
    const query = new URLSearchParams({ ...credentials(), grant_type: 'authorization_code', code: 'x' });
    const res = await fetch(`${sandbox.url}/trust/oauth/token?${query}`, {
      method: 'POST',
      body: new URLSearchParams(),
    });
    await expectRefusal(res, 'invalid_client', 401);
  });

  test('every method but POST', async () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'OPTIONS']) {
      const res = await fetch(`${sandbox.url}/trust/oauth/token`, { method });
      expect(res.status).toBe(405);
      expect(res.headers.get('allow')).toBe('POST');
    }
  });
});

describe('Revocation', () => {
  const revoke = (form: Record<string, string>) =>
    fetch(`${sandbox.url}/trust/oauth/revoke`, {
      method: 'POST',
      body: new URLSearchParams({ client_id: client.id, client_secret: client.secret, ...form }),
    });

  test('of an access token ends that one; of a refresh token everything', async () => {
    const tokens = await tokensFor(sandbox, client);
    expect((await revoke({ token: tokens.access_token })).status).toBe(200);
    expect(await callerStatus(tokens.access_token)).toBe(401);
    const renewed = await bodyOf<Tokens>(await refresh(sandbox, client, tokens.refresh_token));
    const hint = { token: renewed.refresh_token, token_type_hint: 'refresh_token' };
    expect((await revoke(hint)).status).toBe(200);
    expect(await callerStatus(renewed.access_token)).toBe(401);
    await expectRefusal(await refresh(sandbox, client, renewed.refresh_token), 'invalid_grant');
  });

  test('of an unknown token is a success, of nothing a mistake, by a stranger refused', async () => {
    expect((await revoke({ token: 'made-up' })).status).toBe(200);
    await expectRefusal(await revoke({}), 'invalid_request');
    await expectRefusal(await revoke({ token: 'x', client_secret: 'wrong' }), 'invalid_client', 401);
    const tokens = await tokensFor(sandbox, other);
    await expectRefusal(await revoke({ token: tokens.access_token }), 'invalid_grant');
    expect(await callerStatus(tokens.access_token)).toBe(200);
  });
});
