import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  AccountMembersApi,
  Configuration,
  OAuth2ClientsApi,
  OtherApi,
  ProjectsApi,
} from 'launchdarkly-api-typescript';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { REDIRECT_URI, registerClient, tokensFor } from './support.ts';

/** LaunchDarkly's own generated client, with nothing changed but the host. */
let sandbox: Sandbox;
let admin: OAuth2ClientsApi;

const configured = (apiKey: string) => new Configuration({ apiKey, basePath: sandbox.url });

/** Status and body of the error that the client throws. */
async function failure(call: Promise<unknown>) {
  const error = await call.then(
    () => {
      throw new Error('It did not fail.');
    },
    (thrown: { response: { status: number; data: unknown } }) => thrown,
  );
  return [error.response.status, error.response.data];
}

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
  admin = new OAuth2ClientsApi(configured(sandbox.adminToken));
});
afterAll(() => sandbox.close());

describe('LaunchDarkly’s generated API client', () => {
  test('creates, gets, lists, patches and deletes an OAuth2 client', async () => {
    const created = await admin.createOAuth2Client({
      name: 'Generated',
      redirectUri: REDIRECT_URI,
      description: 'By the generated client',
    });
    expect(created.status).toBe(201);
    const { _clientId: id, _clientSecret: secret } = created.data;
    expect(secret).toBeTruthy();

    const got = await admin.getOAuthClientById(id);
    expect(got.data).toMatchObject({ name: 'Generated', redirectUri: REDIRECT_URI });
    expect(got.data._clientSecret).toBeUndefined();

    const { data: list } = await admin.getOAuthClients();
    expect(list.items.map(({ _clientId }) => _clientId)).toContain(id);

    const patched = await admin.patchOAuthClient(id, [{ op: 'replace', path: '/name', value: 'Renamed' }]);
    expect(patched.data.name).toBe('Renamed');

    expect((await admin.deleteOAuthClient(id)).status).toBe(204);
    expect(await failure(admin.getOAuthClientById(id))).toEqual([
      404,
      { code: 'not_found', message: 'Invalid resource identifier' },
    ]);
  });

  test('meets the documented errors', async () => {
    expect(await failure(admin.createOAuth2Client({ name: 'x', redirectUri: 'http://x.example' }))).toEqual([
      400,
      {
        code: 'invalid_request',
        message: 'validation failed',
        errors: [{ attribute: 'redirectUri', reason: 'must use https' }],
      },
    ]);
    const reader = new OAuth2ClientsApi(configured(sandbox.readerToken));
    expect((await failure(reader.getOAuthClients()))[0]).toBe(403);
    const stranger = new OAuth2ClientsApi(configured('api-00000000-0000-0000-0000-000000000000'));
    expect(await failure(stranger.getOAuthClients())).toEqual([
      401,
      { code: 'unauthorized', message: 'Invalid access token' },
    ]);
    const { id } = await registerClient(sandbox);
    const forbidden = [{ op: 'replace', path: '/_clientId', value: 'x' }];
    expect((await failure(admin.patchOAuthClient(id, forbidden)))[0]).toBe(400);
    expect((await failure(admin.deleteOAuthClient('no-such-client')))[0]).toBe(404);
  });

  test('reads who calls, the member and the projects, with an API token and with an OAuth token', async () => {
    const client = await registerClient(sandbox);
    const { access_token: token } = await tokensFor(sandbox, client);
    const { data: caller } = await new OtherApi(configured(`Bearer ${token}`)).getCallerIdentity();
    const { data: me } = await new AccountMembersApi(configured(`Bearer ${token}`)).getMember('me');
    expect(caller).toMatchObject({ memberId: me._id, clientId: client.id });
    expect(me).toMatchObject({ email: 'ariel.reader@acme.example', role: 'reader', _pendingInvite: false });
    const { data: byId } = await new AccountMembersApi(configured(`Bearer ${token}`)).getMember(me._id);
    expect(byId).toEqual(me);
    const { data: projects } = await new ProjectsApi(configured(`Bearer ${token}`)).getProjects(2, 1);
    expect(projects.items.map(({ key }) => key)).toEqual(['mobile-app', 'billing']);
    expect(projects.totalCount).toBe(3);
    const { data: adminCaller } = await new OtherApi(configured(sandbox.adminToken)).getCallerIdentity();
    expect(adminCaller).toMatchObject({
      accountId: caller.accountId,
      tokenKind: 'personal',
      serviceToken: false,
    });
  });
});
