import { describe, expect, test } from '@jest/globals';
import type { LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { json } from '../support/http-server.ts';
import { clientBody, identityBody, memberBody, startRestApi } from '../support/rest-answers.ts';
import { everythingIn } from '../support/secrets.ts';

const closing = closeAfterEach();
const credential = { apiToken: 'api-123' };

/** Our client, against an API with this one answer. */
async function answering(status: number, body: unknown): Promise<LaunchDarkly> {
  return closing(await startRestApi((_, response) => json(response, status, body))).launchDarkly;
}

const without = (body: object, field: string) =>
  Object.fromEntries(Object.entries(body).filter(([name]) => name !== field));

const client = {
  clientId: clientBody._clientId,
  accountId: clientBody._accountId,
  name: 'Team dashboard',
  description: 'For the team',
  redirectUri: clientBody.redirectUri,
  createdAt: 1494437420312,
};

describe('an answer of an unknown shape', () => {
  const getClient = (launchDarkly: LaunchDarkly) => launchDarkly.getOAuth2Client(credential, 'x');
  const createClient = (launchDarkly: LaunchDarkly) => launchDarkly.createOAuth2Client(credential, client);
  const getMember = (launchDarkly: LaunchDarkly) => launchDarkly.getCurrentMember(credential);
  const getCaller = (launchDarkly: LaunchDarkly) => launchDarkly.getCallerIdentity(credential);
  const secret = { geheim: 'geheim' };

  const missing = [
    ...['_clientId', '_accountId', 'name', 'redirectUri', '_creationDate'].map(
      (field) => [getClient, field, without(clientBody, field)] as const,
    ),
    ...['_id', 'email', 'role'].map((field) => [getMember, field, without(memberBody, field)] as const),
    [createClient, '_clientId', without({ ...clientBody, _clientSecret: 'geheim' }, '_clientId')] as const,
  ];
  const mistyped = [
    ...Object.keys(client)
      .map((name) => ({ clientId: '_clientId', accountId: '_accountId', createdAt: '_creationDate' })[name] ?? name)
      .map((field) => [getClient, field, { ...clientBody, [field]: secret }] as const),
    ...[...Object.keys(without(memberBody, '_links'))]
      .filter((field) => !['mfa', '_lastSeen', 'creationDate'].includes(field))
      .map((field) => [getMember, field, { ...memberBody, [field]: secret }] as const),
    ...Object.keys(identityBody).map((field) => [getCaller, field, { [field]: secret }] as const),
    [createClient, '_clientSecret', { ...clientBody, _clientSecret: ['geheim'] }] as const,
    [getClient, '_creationDate', { ...clientBody, _creationDate: 'geheim' }] as const,
    [getClient, '_clientId', { ...clientBody, _clientId: '' }] as const,
    [getMember, '_id', { ...memberBody, _id: '' }] as const,
    [getMember, 'customRoles.1', { ...memberBody, customRoles: ['a', secret] }] as const,
    [getMember, 'teams.0.key', { ...memberBody, teams: [{ name: 'geheim' }] }] as const,
    [getCaller, 'scopes.0', { scopes: [secret] }] as const,
  ];

  test.each([...missing, ...mistyped].map(([call, field, body]) => ({ call, field, body })))(
    'is refused naming $field and quoting nothing',
    async ({ call, field, body }) => {
      const status = call === createClient ? 201 : 200;
      const error = await call(await answering(status, body)).catch((thrown) => thrown);
      expect(error).toMatchObject({
        name: 'LaunchDarklyApiError',
        reason: 'unexpected_response',
        mayHaveTakenEffect: true,
        message: expect.stringContaining(`with ${status}, but: unexpected shape at ${field}.`),
      });
      expect(everythingIn(error)).not.toContain('geheim');
    },
  );

  test.each([null, [], 'geheim', 7, true, [clientBody]].map((body) => [JSON.stringify(body), body]))(
    'is refused when it is %s',
    async (_, body) => {
      const error = await getClient(await answering(200, body)).catch((thrown) => thrown);
      expect(error).toMatchObject({ reason: 'unexpected_response' });
      expect(everythingIn(error)).not.toContain('geheim');
    },
  );

  test('is refused where an item of a list is wrong, saying which', async () => {
    const launchDarkly = await answering(200, { items: [clientBody, without(clientBody, 'name')] });
    await expect(launchDarkly.listOAuth2Clients(credential)).rejects.toMatchObject({
      message: expect.stringContaining('unexpected shape at items.1.name.'),
    });
    const projects = await answering(200, { items: [{ key: 'a', name: null }] });
    await expect(projects.listProjects(credential)).rejects.toMatchObject({
      message: expect.stringContaining('unexpected shape at items.0.name.'),
    });
    await expect((await answering(200, {})).listProjects(credential)).rejects.toMatchObject({
      message: expect.stringContaining('unexpected shape at items.'),
    });
  });

  test('of hostile keys leaves no trace on anything', async () => {
    const body = `{"__proto__":{"accountId":"geheim"},"constructor":{"prototype":{"accountId":"geheim"}}}`;
    const { launchDarkly } = closing(await startRestApi((_, response) => response.end(body)));
    expect(await launchDarkly.getCallerIdentity(credential)).toEqual({});
    expect(({} as { accountId?: string }).accountId).toBeUndefined();
  });
});
