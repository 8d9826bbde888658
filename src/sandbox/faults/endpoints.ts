/** What can be made to fail, by the name that the failure menu uses, with the words for its page. */
export const ENDPOINTS = {
  metadata: 'Server metadata, /.well-known/oauth-authorization-server',
  authorize: 'Sign-in page, /trust/oauth/authorize',
  consent: 'The answer to the app: the redirect with code or error',
  token: 'Code exchange, /trust/oauth/token',
  refresh: 'Refresh, /trust/oauth/token',
  revoke: 'Revocation, /trust/oauth/revoke',
  clients: 'OAuth2 clients, /api/v2/oauth/clients',
  'caller-identity': 'Caller identity, /api/v2/caller-identity',
  members: 'Members, /api/v2/members/me',
  projects: 'Projects, /api/v2/projects',
} as const;

/** The name of something that can be made to fail. */
export type Endpoint = keyof typeof ENDPOINTS;

/** Every endpoint, in the order of the menu. */
export const ENDPOINT_NAMES = Object.keys(ENDPOINTS) as Endpoint[];

/** Seen by a person in a browser, not by a program. */
export const PAGES: readonly Endpoint[] = ['authorize', 'consent'];

/** Those of the REST API. */
export const REST: readonly Endpoint[] = ['clients', 'caller-identity', 'members', 'projects'];

/** Those where an app presents an access token. */
export const WITH_ACCESS_TOKEN: readonly Endpoint[] = ['caller-identity', 'members', 'projects'];

/** Those that give tokens. */
export const GIVING_TOKENS: readonly Endpoint[] = ['token', 'refresh'];

/** Those whose answer is JSON. */
export const JSON_ANSWERS: readonly Endpoint[] = [...REST, ...GIVING_TOKENS, 'metadata'];
