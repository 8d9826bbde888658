import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { shapes } from './openapi-shapes.ts';
import { api, bearer, bodyOf, REDIRECT_URI, registerClient, tokensFor } from './support.ts';

let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({
    port: 0,
    autoApprove: true,
    switches: { verifiedClients: true, noAccessReadsProfile: true },
  });
});
afterAll(() => sandbox.close());

describe('Answers are of the shape that LaunchDarkly’s OpenAPI document gives them', () => {
  test('the five operations of the clients API', async () => {
    const body = { name: 'Shape', redirectUri: REDIRECT_URI, description: 'x' };
    const created = shapes.client(await bodyOf(await api(sandbox, 'POST', '/oauth/clients', { body })));
    expect(created._clientSecret).toBeTruthy();
    const path = `/oauth/clients/${created._clientId}`;
    shapes.client(await bodyOf(await api(sandbox, 'GET', path)));
    const patch = [{ op: 'remove', path: '/description' }];
    shapes.client(await bodyOf(await api(sandbox, 'PATCH', path, { body: patch })));
    shapes.clients(await bodyOf(await api(sandbox, 'GET', '/oauth/clients')));
    sandbox.setSwitches({ clientListPageSize: 1 });
    await registerClient(sandbox);
    shapes.clients(await bodyOf(await api(sandbox, 'GET', '/oauth/clients')));
    sandbox.setSwitches({ clientListPageSize: 0 });
    expect(await (await api(sandbox, 'DELETE', path)).text()).toBe('');
  });

  test('member, caller identity and projects of every persona', async () => {
    const client = await registerClient(sandbox);
    const emails = new Set(sandbox.personas().map(({ email }) => email));
    expect(emails.size).toBeGreaterThanOrEqual(14);
    for (const email of emails) {
      const { access_token: token } = await tokensFor(sandbox, client, { login_hint: email });
      const member = shapes.member(await bodyOf(await api(sandbox, 'GET', '/members/me', bearer(token))));
      const expanded = await api(sandbox, 'GET', '/members/me?expand=roleAttributes', bearer(token));
      expect(shapes.member(await bodyOf(expanded)).roleAttributes).toEqual({});
      const caller = shapes.callerIdentity(
        await bodyOf(await api(sandbox, 'GET', '/caller-identity', bearer(token))),
      );
      expect(caller.memberId).toBe(member._id);
      expect(member.email).toBe(email);
      shapes.projects(await bodyOf(await api(sandbox, 'GET', '/projects', bearer(token))));
    }
    shapes.callerIdentity(await bodyOf(await api(sandbox, 'GET', '/caller-identity')));
    shapes.members(await bodyOf(await api(sandbox, 'GET', '/members?limit=3')));
    shapes.team(await bodyOf(await api(sandbox, 'GET', '/teams/growth')));
    shapes.project(await bodyOf(await api(sandbox, 'GET', '/projects/storefront')));
  });

  test('errors', async () => {
    const invalid = await api(sandbox, 'POST', '/oauth/clients', { body: {} });
    expect(shapes.validationFailed(await bodyOf(invalid)).errors).toHaveLength(2);
    const failures = [
      api(sandbox, 'POST', '/oauth/clients', { body: '{' }),
      api(sandbox, 'GET', '/oauth/clients', { headers: {} }),
      api(sandbox, 'GET', '/oauth/clients', { headers: { Authorization: sandbox.readerToken } }),
      api(sandbox, 'GET', '/oauth/clients/x'),
      api(sandbox, 'PUT', '/oauth/clients'),
      api(sandbox, 'GET', '/flags/storefront'),
    ];
    for (const res of await Promise.all(failures)) shapes.error(await bodyOf(res));
  });
});
