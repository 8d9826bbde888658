import { describe, expect, test } from '@jest/globals';
import type { restFaults } from '../../src/sandbox/faults/rest-faults.ts';
import { client, probe, sandbox } from './faulty-sandbox.ts';
import { api, bodyOf, registerClient } from './support.ts';

/** One for each: the compiler misses what is missing. */
const CHECKS: Record<keyof typeof restFaults, () => Promise<void>> = {
  async http_400() {
    expect(await probe.statusOf('http_400')).toBe(400);
  },
  async http_401_no_token() {
    const body = await bodyOf(await probe.answerTo('http_401_no_token'));
    expect(body).toEqual({ code: 'unauthorized', message: 'Invalid account ID header' });
  },
  async http_401_empty() {
    const res = await probe.answerTo('http_401_empty');
    expect([res.status, await res.text()]).toEqual([401, '']);
  },
  async revoked_token() {
    const body = await bodyOf(await probe.answerTo('revoked_token', 'caller-identity'));
    expect(body).toEqual({ code: 'invalid_token', message: 'invalid access token' });
  },
  async http_403() {
    expect(await probe.statusOf('http_403', 'members')).toBe(403);
  },
  async http_404() {
    expect(await probe.statusOf('http_404', 'members')).toBe(404);
  },
  async http_405() {
    expect(await probe.statusOf('http_405')).toBe(405);
  },
  async http_409() {
    expect(await bodyOf(await probe.answerTo('http_409'))).toMatchObject({
      code: 'optimistic_locking_error',
    });
  },
  async http_422() {
    expect(await bodyOf(await probe.answerTo('http_422'))).toMatchObject({ code: 'patch_failed' });
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
    expect(await (await probe.answerTo('foreign_next_link')).text()).toContain('https://attacker.example');
  },
  async endless_pages() {
    const body = await bodyOf<{ _links: { next: { href: string } } }>(await probe.answerTo('endless_pages'));
    expect(body._links.next.href).toBe('/api/v2/oauth/clients');
  },
  async no_account_id() {
    const body = await bodyOf(await probe.answerTo('no_account_id', 'caller-identity'));
    expect(body).not.toHaveProperty('accountId');
    expect(body).toHaveProperty('memberId');
  },
  async no_member_id() {
    expect(await bodyOf(await probe.answerTo('no_member_id', 'caller-identity'))).not.toHaveProperty(
      'memberId',
    );
  },
  async other_account_id() {
    const body = await bodyOf(await probe.answerTo('other_account_id', 'caller-identity'));
    expect(body.accountId).toBe('0'.repeat(24));
  },
  async no_email() {
    expect(await bodyOf(await probe.answerTo('no_email', 'members'))).not.toHaveProperty('email');
  },
  async other_member() {
    expect(await bodyOf(await probe.answerTo('other_member', 'members'))).toMatchObject({
      _id: '0'.repeat(24),
    });
  },
};

describe('What can go wrong in the REST API is seen from outside', () => {
  test.each(Object.entries(CHECKS))('%s', async (_, check) => check());
});
