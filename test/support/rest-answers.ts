import type { LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { apiErrorAdvice, createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import type { Answer, HttpTestServer } from './http-server.ts';
import { startHttpServer } from './http-server.ts';

/** Answers of LaunchDarkly's REST API as its documentation prints them. */
export const clientBody = {
  _links: {
    parent: { href: '/api/v2/oauth/clients', type: 'application/json' },
    self: {
      href: '/api/v2/oauth/clients/50666563-9144-4125-b822-33f308227e45',
      type: 'application/json',
    },
  },
  name: 'Team dashboard',
  description: 'For the team',
  _accountId: '5f2d1c8e9a7b6c0011223344',
  _clientId: '50666563-9144-4125-b822-33f308227e45',
  redirectUri: 'https://dash.example.com/oauth/callback',
  _creationDate: 1494437420312,
};

export const memberBody = {
  _links: { self: { href: '/api/v2/members/507f1f77bcf86cd799439011', type: 'application/json' } },
  _id: '507f1f77bcf86cd799439011',
  firstName: 'Ariel',
  lastName: 'Flores',
  email: 'ariel@acme.com',
  role: 'reader',
  customRoles: ['devOps'],
  _pendingInvite: false,
  _verified: true,
  mfa: 'disabled',
  _lastSeen: 1608260796147,
  creationDate: 1628001602644,
  teams: [{ key: 'team-a', name: 'Team A', customRoleKeys: ['access-to-test-projects'] }],
};

export const identityBody = {
  accountId: '5f2d1c8e9a7b6c0011223344',
  memberId: '507f1f77bcf86cd799439011',
  clientId: '50666563-9144-4125-b822-33f308227e45',
  tokenName: 'Team dashboard',
  tokenKind: 'personal',
  authKind: 'token',
  serviceToken: false,
  scopes: ['reader'],
};

export const projectsBody = {
  totalCount: 1,
  items: [{ _id: '57be1db38b75bf0772d11383', key: 'web', name: 'Web', tags: ['shop'] }],
};

/** A REST API that answers as told, and our client for it. */
export async function startRestApi(
  answer: Answer,
): Promise<{ launchDarkly: LaunchDarkly; server: HttpTestServer; close(): Promise<void> }> {
  const server = await startHttpServer(answer);
  const http = createHttp({ timeoutMs: 5_000 });
  return {
    launchDarkly: createLaunchDarkly({ baseUri: server.url, http }),
    server,
    async close() {
      await http.close();
      await server.close();
    },
  };
}

/** The same failed call; its error has the properties of `apiErrorAdvice` as well. */
export async function withAdvice<T>(call: Promise<T>): Promise<T> {
  return call.catch((error) => {
    throw Object.assign(error, apiErrorAdvice(error));
  });
}
