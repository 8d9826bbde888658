import type { OAuthClientOptions } from '../../src/auth/authorization-code.ts';
import { createOAuthClient } from '../../src/auth/authorization-code.ts';
import { createHttp } from '../../src/launchdarkly/index.ts';

/** The login's OAuth client as the app sets it up: on the one way out to LaunchDarkly. */
export function startOAuthClient(
  baseUri: string,
  { timeoutMs = 2_000, ...options }: Partial<OAuthClientOptions> & { timeoutMs?: number } = {},
) {
  const http = createHttp({ timeoutMs });
  const oauth = createOAuthClient({
    server: {
      issuer: baseUri,
      authorization_endpoint: `${baseUri}/trust/oauth/authorize`,
      token_endpoint: `${baseUri}/trust/oauth/token`,
      revocation_endpoint: `${baseUri}/trust/oauth/revoke`,
    },
    clientId: 'client-1',
    clientSecret: 'geheim',
    redirectUri: 'https://app.example/auth/callback',
    scope: 'reader',
    fetch: http.fetch,
    timeoutSeconds: 0,
    ...options,
  });
  return { ...oauth, close: http.close };
}
