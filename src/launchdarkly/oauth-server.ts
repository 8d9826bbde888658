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
 * @param baseUri origin of the instance, e.g. `https://app.launchdarkly.com`; a slash at its end does not count.
 * @param publicBaseUri where browsers reach it, if they need another origin than this program.
 */
export function launchDarklyOAuthServer(baseUri: string, publicBaseUri = baseUri): LaunchDarklyOAuthServer {
  const origin = baseUri.replace(/\/+$/, '');
  const publicOrigin = publicBaseUri.replace(/\/+$/, '');
  return {
    issuer: publicOrigin,
    authorization_endpoint: `${publicOrigin}/trust/oauth/authorize`,
    token_endpoint: `${origin}/trust/oauth/token`,
    revocation_endpoint: `${origin}/trust/oauth/revoke`,
  };
}
