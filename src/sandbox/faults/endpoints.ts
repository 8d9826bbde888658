/** What can be made to fail, by the name that the failure menu uses, with the words for its page. */
export const ENDPOINTS = {
  metadata: { title: 'Server metadata', path: '/.well-known/oauth-authorization-server' },
  authorize: { title: 'Sign-in page', path: '/trust/oauth/authorize' },
  consent: { title: 'The answer to the app', path: 'the redirect with code or error' },
  token: { title: 'Code exchange', path: '/trust/oauth/token' },
  refresh: { title: 'Refresh', path: '/trust/oauth/token' },
  revoke: { title: 'Revocation', path: '/trust/oauth/revoke' },
  clients: { title: 'OAuth2 clients', path: '/api/v2/oauth/clients' },
  'caller-identity': { title: 'Caller identity', path: '/api/v2/caller-identity' },
  members: { title: 'Members', path: '/api/v2/members/me' },
  projects: { title: 'Projects', path: '/api/v2/projects' },
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
