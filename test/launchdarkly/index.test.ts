import { describe, expect, test } from '@jest/globals';
import type { Credential, LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { json } from '../support/http-server.ts';
import { clientBody, identityBody, memberBody, projectsBody, startRestApi } from '../support/rest-answers.ts';

const closing = closeAfterEach();
const collection = '/api/v2/oauth/clients';

interface Operation {
  readonly call: (launchDarkly: LaunchDarkly, credential: Credential) => Promise<unknown>;
  readonly sends: { method: string; path: string; body: unknown };
  readonly status: number;
  readonly body: unknown;
}

const input = { name: 'Přehled “týmu” 日本 🚀', redirectUri: 'https://dash.example.com/oauth/callback' };

const operations: Record<string, Operation> = {
  getCallerIdentity: {
    call: (launchDarkly, credential) => launchDarkly.getCallerIdentity(credential),
    sends: { method: 'GET', path: '/api/v2/caller-identity', body: undefined },
    status: 200,
    body: identityBody,
  },
  getCurrentMember: {
    call: (launchDarkly, credential) => launchDarkly.getCurrentMember(credential),
    sends: { method: 'GET', path: '/api/v2/members/me', body: undefined },
    status: 200,
    body: memberBody,
  },
  listProjects: {
    call: (launchDarkly, credential) => launchDarkly.listProjects(credential),
    sends: { method: 'GET', path: '/api/v2/projects?limit=20', body: undefined },
    status: 200,
    body: projectsBody,
  },
  createOAuth2Client: {
    call: (launchDarkly, credential) =>
      launchDarkly.createOAuth2Client(credential, { ...input, description: 'what for' }),
    sends: { method: 'POST', path: collection, body: { ...input, description: 'what for' } },
    status: 201,
    body: { ...clientBody, _clientSecret: 'once' },
  },
  'createOAuth2Client without a description': {
    call: (launchDarkly, credential) => launchDarkly.createOAuth2Client(credential, { ...input, description: '' }),
    sends: { method: 'POST', path: collection, body: input },
    status: 201,
    body: { ...clientBody, _clientSecret: 'once' },
  },
  listOAuth2Clients: {
    call: (launchDarkly, credential) => launchDarkly.listOAuth2Clients(credential),
    sends: { method: 'GET', path: collection, body: undefined },
    status: 200,
    body: { items: [clientBody] },
  },
  'getOAuth2Client with an id that wants escaping': {
    call: (launchDarkly, credential) => launchDarkly.getOAuth2Client(credential, '../x?y#z/é'),
    sends: { method: 'GET', path: `${collection}/..%2Fx%3Fy%23z%2F%C3%A9`, body: undefined },
    status: 200,
    body: clientBody,
  },
  'patchOAuth2Client, three fields': {
    call: (launchDarkly, credential) =>
      launchDarkly.patchOAuth2Client(credential, 'abc', { ...input, description: 'new' }),
    sends: {
      method: 'PATCH',
      path: `${collection}/abc`,
      body: [
        { op: 'replace', path: '/name', value: input.name },
        { op: 'replace', path: '/redirectUri', value: input.redirectUri },
        { op: 'replace', path: '/description', value: 'new' },
      ],
    },
    status: 200,
    body: clientBody,
  },
  'patchOAuth2Client, description taken away': {
    call: (launchDarkly, credential) => launchDarkly.patchOAuth2Client(credential, 'abc', { description: '' }),
    sends: { method: 'PATCH', path: `${collection}/abc`, body: [{ op: 'remove', path: '/description' }] },
    status: 200,
    body: clientBody,
  },
  deleteOAuth2Client: {
    call: (launchDarkly, credential) => launchDarkly.deleteOAuth2Client(credential, 'abc'),
    sends: { method: 'DELETE', path: `${collection}/abc`, body: undefined },
    status: 204,
    body: undefined,
  },
};

describe.each(Object.entries(operations))('%s', (_, { call, sends, status, body }) => {
  async function run(credential: Credential) {
    const { launchDarkly, server } = closing(
      await startRestApi((_request, response) =>
        body === undefined ? response.writeHead(status).end() : json(response, status, body),
      ),
    );
    await call(launchDarkly, credential);
    const [request] = server.requests;
    expect(server.requests).toHaveLength(1);
    return { ...request, body: request?.body ? JSON.parse(request.body) : undefined };
  }

  test('asks what LaunchDarkly documents, with the API version', async () => {
    const request = await run({ apiToken: 'api-123' });
    expect(request).toMatchObject(sends);
    expect(request.headers).toMatchObject({
      'ld-api-version': '20240415',
      accept: 'application/json',
      'user-agent': 'log-in-with-launchdarkly',
    });
    expect(request.headers?.['content-type']).toBe(sends.body === undefined ? undefined : 'application/json');
  });

  test('sends an API access token as it is and an OAuth token as Bearer', async () => {
    expect((await run({ apiToken: 'api-123' })).headers?.authorization).toBe('api-123');
    expect((await run({ accessToken: 'oauth-456' })).headers?.authorization).toBe('Bearer oauth-456');
  });
});
