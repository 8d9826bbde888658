import { describe, expect, test } from '@jest/globals';
import type { LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { json } from '../support/http-server.ts';
import { identityBody, memberBody, startRestApi } from '../support/rest-answers.ts';

const closing = closeAfterEach();
const credential = { apiToken: 'api-123' };

/** Our client, against an API with this one answer. */
async function answering(status: number, body: unknown): Promise<LaunchDarkly> {
  return closing(await startRestApi((_, response) => json(response, status, body))).launchDarkly;
}

const member = {
  id: memberBody._id,
  email: 'ariel@acme.com',
  firstName: 'Ariel',
  lastName: 'Flores',
  role: 'reader',
  customRoles: ['devOps'],
  teams: [{ key: 'team-a', name: 'Team A' }],
  pendingInvite: false,
  verified: true,
};

describe('a member', () => {
  test('keeps what the app needs', async () => {
    expect(await (await answering(200, memberBody)).getCurrentMember(credential)).toEqual(member);
  });

  test('may have no name, no teams, no custom roles', async () => {
    const { _id, email, role } = memberBody;
    const bare = { id: _id, email, role, customRoles: [], teams: [], pendingInvite: false, verified: false };
    const nulls = { firstName: null, lastName: null, customRoles: null, teams: null, _verified: null };
    for (const body of [
      { _id, email, role },
      { _id, email, role, ...nulls },
    ]) {
      expect(await (await answering(200, body)).getCurrentMember(credential)).toEqual(bare);
    }
    const empty = { ...memberBody, firstName: '', lastName: '' };
    const named = await (await answering(200, empty)).getCurrentMember(credential);
    expect(named).not.toHaveProperty('firstName');
    expect(named).not.toHaveProperty('lastName');
  });

  test('may be in a team without a name', async () => {
    const launchDarkly = await answering(200, { ...memberBody, teams: [{ key: 'team-b' }] });
    expect(await launchDarkly.getCurrentMember(credential)).toMatchObject({
      teams: [{ key: 'team-b', name: 'team-b' }],
    });
  });
});

describe('the caller', () => {
  test('is what LaunchDarkly says, and nothing that it adds', async () => {
    const launchDarkly = await answering(200, { ...identityBody, environmentName: 'Test', new: 1 });
    expect(await launchDarkly.getCallerIdentity(credential)).toEqual(identityBody);
  });

  test('may be anybody', async () => {
    expect(await (await answering(200, {})).getCallerIdentity(credential)).toEqual({});
    const scopes = await (await answering(200, { scopes: null })).getCallerIdentity(credential);
    expect(scopes.scopes ?? []).toEqual([]);
  });
});
