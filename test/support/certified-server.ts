import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { jest } from '@jest/globals';
import type { ClientMetadata, Provider } from 'oidc-provider';

/** A certified authorization server under LaunchDarkly's paths, where `ariel` is always logged in. */
export interface CertifiedServer {
  readonly url: string;
  readonly provider: Provider;
  /** Whether the person presses Authorize or Cancel. */
  consents: boolean;
  /** Answers a request in the server's place when it returns true; it must not read the body when it returns false. */
  intercept: (request: IncomingMessage, response: ServerResponse) => boolean;
  close(): Promise<void>;
}

export async function startCertifiedServer(clients: ClientMetadata[]): Promise<CertifiedServer> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  // It warns of the Node versions that it does not support, and of keeping everything in memory, which is the point.
  const warn = jest.spyOn(console, 'warn').mockImplementation(() => {});
  const provider = await createProvider(url, clients);
  warn.mockRestore();
  const certified: CertifiedServer = {
    url,
    provider,
    consents: true,
    intercept: () => false,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  const answer = provider.callback();
  server.on('request', (req, res) => {
    if (certified.intercept(req, res)) return;
    if (!req.url?.startsWith('/interaction/')) return answer(req, res);
    decide(certified, req, res).catch((error) => res.writeHead(500).end(String(error)));
  });
  return certified;
}

async function createProvider(url: string, clients: ClientMetadata[]): Promise<Provider> {
  const { Provider } = await import('oidc-provider');
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'jwk' });
  return new Provider(url, {
    clients,
    clientDefaults: {
      grant_types: ['authorization_code', 'refresh_token'],
      id_token_signed_response_alg: 'ES256',
    },
    scopes: ['openid', 'reader'],
    jwks: { keys: [{ ...key, use: 'sig', alg: 'ES256' }] } as never,
    cookies: { keys: ['for tests'] },
    routes: {
      authorization: '/trust/oauth/authorize',
      token: '/trust/oauth/token',
      revocation: '/trust/oauth/revoke',
    },
    features: {
      devInteractions: { enabled: false },
      revocation: { enabled: true, allowedPolicy: (_, client, token) => token.clientId === client.clientId },
    },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    issueRefreshToken: () => true,
    rotateRefreshToken: true,
    ttl: {
      AccessToken: 3600,
      AuthorizationCode: 60,
      RefreshToken: 86_400,
      Grant: 86_400,
      Interaction: 600,
      Session: 86_400,
    },
    renderError(ctx, { error }) {
      ctx.body = error;
    },
    findAccount: (_, accountId) => ({ accountId, claims: () => ({ sub: accountId }) }),
  });
}

/** What the person does on the pages that the server would show. */
async function decide({ provider, consents }: CertifiedServer, req: IncomingMessage, res: ServerResponse) {
  const { prompt, params } = await provider.interactionDetails(req, res);
  const accountId = 'ariel';
  if (prompt.name === 'login') return provider.interactionFinished(req, res, { login: { accountId } });
  if (!consents) return provider.interactionFinished(req, res, { error: 'access_denied' });
  const grant = new provider.Grant({ accountId, clientId: String(params.client_id) });
  grant.addOIDCScope(String(params.scope));
  const grantId = await grant.save();
  return provider.interactionFinished(req, res, { consent: { grantId } });
}
