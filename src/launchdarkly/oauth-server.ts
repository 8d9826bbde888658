/** LaunchDarkly's OAuth2 endpoints, in the words of RFC 8414. */
export interface LaunchDarklyOAuthServer {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  readonly revocation_endpoint: string;
}

/**
 * The OAuth2 endpoints of a LaunchDarkly instance. They are derived, not discovered: the metadata at
 * `/.well-known/oauth-authorization-server` says the same for the commercial instance, and a start needs no network.
 * @param baseUri origin of the instance, e.g. `https://app.launchdarkly.com`.
 */
export function launchDarklyOAuthServer(baseUri: string): LaunchDarklyOAuthServer {
  return {
    issuer: baseUri,
    authorization_endpoint: `${baseUri}/trust/oauth/authorize`,
    token_endpoint: `${baseUri}/trust/oauth/token`,
    revocation_endpoint: `${baseUri}/trust/oauth/revoke`,
  };
}
