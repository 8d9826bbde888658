/**
 * How this LaunchDarkly behaves where public sources do not settle it. Every default is the stricter behaviour, so that
 * an app that works here does not rely on luck there; each switch has the looser or the other one.
 */
export interface Switches {
  /** Accept `http://localhost` (and loopback addresses) as a redirect URI. Sources disagree; default no. */
  httpLocalhostRedirectUris: boolean;
  /** Treat every client as verified: members of any account may log in. Default no. */
  verifiedClients: boolean;
  /** A browser that logged in is not asked who is there again, as at LaunchDarkly for two weeks (documented). */
  rememberSession: boolean;
  /** A member who allowed these scopes to this client is not asked again. */
  rememberConsent: boolean;
  /** What someone from another account meets at an unverified client: a page, or an `access_denied` redirect. */
  outsiderAnswer: 'page' | 'redirect';
  /** Refuse a client whose name another client of the account has. */
  refuseDuplicateNames: boolean;
  /** Seconds until a changed redirect URI is in effect. */
  redirectUriDelay: number;
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
  /** Check the verifier where a challenge was sent; otherwise PKCE is ignored. */
  checkPkce: boolean;
  /** Refuse authorization requests without a scope. */
  requireScope: boolean;
  /** The `iss` of the authorization response (RFC 9207): none, as far as is known; the right one; or an attacker's. */
  iss: 'none' | 'right' | 'wrong';
  /** Who gets a refresh token: everyone, who asked for `offline_access`, or nobody. */
  refreshTokens: 'always' | 'offline_access' | 'never';
  /** The scope that is granted: what was asked for (within the member's rights), `reader`, or none. */
  grantedScope: 'asked' | 'reader' | 'none';
  /** What a refresh gives besides the access token: a new refresh token, the same one, or none (the old one stays good). */
  refreshAnswer: 'rotate' | 'same' | 'omit';
  /** A rotated refresh token that comes again: everything of its authorization ends, only this call fails, or it works. */
  refreshTokenReuse: 'revoke' | 'refuse' | 'accept';
  /**
   * What ends with a revoked token: only it; with a refresh token all of its authorization (RFC 7009, section 2.1); or all
   * that this member gave this client.
   */
  revocationScope: 'token' | 'grant' | 'member';
  /** Access tokens as random text, or in the three parts of a JWT. */
  accessTokenFormat: 'opaque' | 'jwt';
  /** Whether token answers hold `scope` and `expires_in`. */
  returnScope: boolean;
  returnExpiresIn: boolean;
  /** The bodies of errors at the token and revocation endpoints: RFC 6749, the REST API's shape, plain text, none. */
  tokenErrors: 'rfc' | 'rest' | 'text' | 'empty';
  /** Whether Basic credentials are form-decoded, as RFC 6749, section 2.3.1, has it, or taken as they are. */
  basicCredentials: 'decoded' | 'raw';
  /** Let access tokens live on when their client was deleted. */
  tokensOutliveClient: boolean;
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
  rememberSession: false,
  rememberConsent: false,
  outsiderAnswer: 'page',
  refuseDuplicateNames: false,
  redirectUriDelay: 0,
  clientListPageSize: 0,
  absoluteNextLinks: false,
  weakTokenStatus: 403,
  looseAuthorizationHeader: false,
  noAccessReadsProfile: false,
  requirePkce: false,
  checkPkce: true,
  requireScope: false,
  iss: 'none',
  refreshTokens: 'always',
  grantedScope: 'asked',
  refreshAnswer: 'rotate',
  refreshTokenReuse: 'revoke',
  revocationScope: 'grant',
  accessTokenFormat: 'opaque',
  returnScope: true,
  returnExpiresIn: true,
  tokenErrors: 'rfc',
  basicCredentials: 'decoded',
  tokensOutliveClient: false,
  codeLifetime: 60,
  accessTokenLifetime: 3600,
  refreshTokenLifetime: 30 * 24 * 3600,
  openIdConnect: false,
  awkwardSecrets: false,
  rateLimit: 100_000,
};
