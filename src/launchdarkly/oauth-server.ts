/**
 * The OAuth2 endpoints of a LaunchDarkly instance, in the words of RFC 8414. They are derived, not discovered: the metadata at
 * `/.well-known/oauth-authorization-server` says the same for the commercial instance, and a start needs no network.
 * @param baseUri origin of the instance, e.g. `https://app.launchdarkly.com`; a slash at its end does not count.
 * @param publicBaseUri where browsers reach it, if they need another origin than this program.
 */
export function launchDarklyOAuthServer(baseUri: string, publicBaseUri = baseUri) {
  const origin = baseUri.replace(/\/+$/, '');
  const publicOrigin = publicBaseUri.replace(/\/+$/, '');
  return {
    issuer: publicOrigin,
    authorization_endpoint: `${publicOrigin}/trust/oauth/authorize`,
    token_endpoint: `${origin}/trust/oauth/token`,
    revocation_endpoint: `${origin}/trust/oauth/revoke`,
  };
}

/** What an instance answers at, for calls whose answers are looked at as they are: `npm run doctor -- --login`. */
export function launchDarklyUrls(baseUri: string) {
  return {
    ...launchDarklyOAuthServer(baseUri),
    metadata: `${baseUri}/.well-known/oauth-authorization-server`,
    openIdToken: `${baseUri}/trust/oidc/token`, // in LaunchDarkly's own sample, and in no document
    clients: `${baseUri}/api/v2/oauth/clients`,
    callerIdentity: `${baseUri}/api/v2/caller-identity`,
    currentMember: `${baseUri}/api/v2/members/me`,
  };
}
