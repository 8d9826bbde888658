import { describe, expect, test } from '@jest/globals';
import type { oauthFaults } from '../../src/sandbox/faults/oauth-faults.ts';
import { client, probe, sandbox } from './faulty-sandbox.ts';
import { api, bearer, bodyOf, redeem, refresh, tokensFor } from './support.ts';

/** One for each: the compiler misses what is missing. */
const CHECKS: Record<keyof typeof oauthFaults, () => Promise<void>> = {
  async access_denied() {
    expect((await probe.returnUnder('access_denied')).get('error')).toBe('access_denied');
  },
  async server_error() {
    expect((await probe.returnUnder('server_error')).get('error')).toBe('server_error');
  },
  async temporarily_unavailable() {
    const parameters = await probe.returnUnder('temporarily_unavailable');
    expect(parameters.get('error')).toBe('temporarily_unavailable');
    expect(parameters.get('state')).toBe('a state & more');
  },
  async expired_code() {
    const code = (await probe.returnUnder('expired_code')).get('code') ?? '';
    expect(await bodyOf(await redeem(sandbox, client, code))).toMatchObject({ error: 'invalid_grant' });
  },
  async wrong_iss() {
    expect((await probe.returnUnder('wrong_iss')).get('iss')).toBe('https://login.attacker.example');
  },
  async wrong_state() {
    expect((await probe.returnUnder('wrong_state')).get('state')).toBe('forged');
  },
  async no_state() {
    expect((await probe.returnUnder('no_state')).has('state')).toBe(false);
  },
  async no_code() {
    expect([...(await probe.returnUnder('no_code')).keys()]).toEqual(['state']);
  },
  async invalid_grant() {
    expect(await bodyOf(await probe.answerTo('invalid_grant', 'token'))).toMatchObject({
      error: 'invalid_grant',
    });
  },
  async invalid_client() {
    expect(await probe.statusOf('invalid_client', 'refresh')).toBe(401);
  },
  async invalid_request() {
    expect(await probe.statusOf('invalid_request', 'token')).toBe(400);
  },
  async plain_text_error() {
    const res = await probe.answerTo('plain_text_error', 'token');
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
    expect((await probe.tokensUnder('empty_scope')).scope).toBe('');
  },
  async no_refresh_token() {
    expect(await probe.tokensUnder('no_refresh_token')).not.toHaveProperty('refresh_token');
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
    const { expires_in: seconds, access_token: token = '' } = await probe.tokensUnder('short_lifetimes');
    expect(seconds).toBe(5);
    sandbox.advanceClock(5000);
    expect((await api(sandbox, 'GET', '/members/me', bearer(token))).status).toBe(401);
  },
  async no_expires_in() {
    expect(await probe.tokensUnder('no_expires_in')).not.toHaveProperty('expires_in');
  },
  async no_scope() {
    expect(await probe.tokensUnder('no_scope')).not.toHaveProperty('scope');
  },
  async no_access_token() {
    expect(await probe.tokensUnder('no_access_token')).not.toHaveProperty('access_token');
  },
  async wrong_token_type() {
    expect(await probe.tokensUnder('wrong_token_type')).toMatchObject({ token_type: 'mac' });
  },
  async capital_bearer() {
    expect(await probe.tokensUnder('capital_bearer')).toMatchObject({ token_type: 'Bearer' });
  },
};

describe('What can go wrong in the OAuth flow is seen from outside', () => {
  test.each(Object.entries(CHECKS))('%s', async (_, check) => check());
});
