import type { Endpoint } from '../../src/sandbox/faults/endpoints.ts';
import type { Fault, Sandbox } from '../../src/sandbox/start-sandbox.ts';
import type { RegisteredClient, Tokens } from './support.ts';
import {
  api,
  authorizeUrl,
  bearer,
  bodyOf,
  codeFor,
  locationOf,
  redeem,
  refresh,
  tokensFor,
  visit,
} from './support.ts';

/** How to reach each endpoint of an auto-approving sandbox in the ordinary course of things. */
export function endpointCalls(
  sandbox: Sandbox,
  client: RegisteredClient,
): Record<Endpoint, () => Promise<Response>> {
  const withToken = async (path: string) =>
    api(sandbox, 'GET', path, bearer((await tokensFor(sandbox, client)).access_token));
  const credentials = { client_id: client.id, client_secret: client.secret };
  return {
    metadata: () => visit(`${sandbox.url}/.well-known/oauth-authorization-server`),
    authorize: () => visit(authorizeUrl(sandbox, client, { login_hint: undefined })),
    consent: () => visit(authorizeUrl(sandbox, client)),
    token: async () => redeem(sandbox, client, await codeFor(sandbox, client)),
    refresh: async () => refresh(sandbox, client, (await tokensFor(sandbox, client)).refresh_token),
    revoke: () =>
      visit(`${sandbox.url}/trust/oauth/revoke`, {
        method: 'POST',
        body: new URLSearchParams({ ...credentials, token: 'x' }),
      }),
    clients: () => api(sandbox, 'GET', '/oauth/clients'),
    'caller-identity': () => withToken('/caller-identity'),
    members: () => withToken('/members/me'),
    projects: () => withToken('/projects'),
  };
}

/** Switches one fault on, calls the endpoint, and gives what came of it. */
export class FaultProbe {
  readonly sandbox: Sandbox;
  readonly client: RegisteredClient;
  readonly calls: Record<Endpoint, () => Promise<Response>>;

  constructor(sandbox: Sandbox, client: RegisteredClient) {
    this.sandbox = sandbox;
    this.client = client;
    this.calls = endpointCalls(sandbox, client);
  }

  async answerTo(fault: Fault['fault'], endpoint: Endpoint = 'clients'): Promise<Response> {
    this.sandbox.setFaults([{ endpoint, fault }]);
    return this.calls[endpoint]();
  }

  async statusOf(fault: Fault['fault'], endpoint: Endpoint = 'clients'): Promise<number> {
    return (await this.answerTo(fault, endpoint)).status;
  }

  async tokensUnder(fault: Fault['fault']): Promise<Partial<Tokens>> {
    return bodyOf<Partial<Tokens>>(await this.answerTo(fault, 'token'));
  }

  /** The parameters that come back to the app. */
  async returnUnder(fault: Fault['fault']): Promise<URLSearchParams> {
    return locationOf(await this.answerTo(fault, 'consent')).searchParams;
  }
}
