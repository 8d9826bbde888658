/**
 * How this LaunchDarkly behaves where public sources do not settle it. Every default is the stricter behaviour, so that
 * an app that works here does not rely on luck there; each switch has the looser or the other one.
 */
export interface Switches {
  /** Accept `http://localhost` (and loopback addresses) as a redirect URI. Sources disagree; default no. */
  httpLocalhostRedirectUris: boolean;
  /** Treat every client as verified: members of any account may log in. Default no. */
  verifiedClients: boolean;
  /** What someone from another account meets at an unverified client: a page, or an `access_denied` redirect. */
  outsiderAnswer: 'page' | 'redirect';
  /** Clients per page of the list; 0 for all on one page. */
  clientListPageSize: number;
  /** Whether `_links.next` of the client list is an absolute URL instead of a root-relative one. */
  absoluteNextLinks: boolean;
  /** HTTP status for an API token whose role is too weak: 403 is in the API's specification, 401 in its overview. */
  weakTokenStatus: 401 | 403;
  /** Accept `Bearer api-…` and raw OAuth tokens as well. Default no. */
  looseAuthorizationHeader: boolean;
  /** Let members with the role `no_access` read their own profile. Default no. */
  noAccessReadsProfile: boolean;
  /** Refuse authorization requests without a PKCE challenge. */
  requirePkce: boolean;
  /** Refuse authorization requests without a scope. */
  requireScope: boolean;
  /** The `iss` of the authorization response (RFC 9207): none, as far as is known; the right one; or an attacker's. */
  iss: 'none' | 'right' | 'wrong';
  /** Who gets a refresh token: everyone, who asked for `offline_access`, or nobody. */
  refreshTokens: 'always' | 'offline_access' | 'never';
  /** The scope that is granted: what was asked for (within the member's rights), `reader`, or none. */
  grantedScope: 'asked' | 'reader' | 'none';
  /** Give a new refresh token with every refresh, and punish the reuse of an old one. */
  rotateRefreshTokens: boolean;
  /** Seconds. */
  codeLifetime: number;
  accessTokenLifetime: number;
  refreshTokenLifetime: number;
  /** Accept the scope `openid` and serve `/trust/oidc/*`, as LaunchDarkly's own newest sample uses them. Default no. */
  openIdConnect: boolean;
  /** Client secrets with characters that encoders and .env files get wrong easily. */
  awkwardSecrets: boolean;
  /** Requests allowed per ten seconds, account-wide; a fifth of it per route. */
  rateLimit: number;
}

/** How a sandbox behaves when nothing is said. */
export const DEFAULT_SWITCHES: Readonly<Switches> = {
  httpLocalhostRedirectUris: false,
  verifiedClients: false,
  outsiderAnswer: 'page',
  clientListPageSize: 0,
  absoluteNextLinks: false,
  weakTokenStatus: 403,
  looseAuthorizationHeader: false,
  noAccessReadsProfile: false,
  requirePkce: false,
  requireScope: false,
  iss: 'none',
  refreshTokens: 'always',
  grantedScope: 'asked',
  rotateRefreshTokens: true,
  codeLifetime: 60,
  accessTokenLifetime: 3600,
  refreshTokenLifetime: 30 * 24 * 3600,
  openIdConnect: false,
  awkwardSecrets: false,
  rateLimit: 100_000,
};
