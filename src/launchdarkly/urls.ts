import { parseJson } from './http/http.ts';
import { launchDarklyOAuthServer } from './oauth-server.ts';

/** What an instance answers at, for calls whose answers are looked at as they are: `npm run doctor -- --login`. */
export function launchDarklyUrls(baseUri: string) {
  const api = `${baseUri}/api/v2`;
  return {
    ...launchDarklyOAuthServer(baseUri),
    metadata: `${baseUri}/.well-known/oauth-authorization-server`,
    /** In LaunchDarkly's own sample, and in no document. */
    openIdToken: `${baseUri}/trust/oidc/token`,
    clients: `${api}/oauth/clients`,
    callerIdentity: `${api}/caller-identity`,
    currentMember: `${api}/members/me`,
    unknown: `${api}/no-such-path`,
  };
}

/** How many clients a page of the list has, and the link to the next one. Undefined when it is no such page. */
export function readClientPage(body: string): { count: number; next: string | undefined } | undefined {
  const { items, _links } = Object(parseJson(body)) as { items?: unknown; _links?: { next?: { href?: unknown } } };
  if (!Array.isArray(items)) return undefined;
  const href = _links?.next?.href;
  return { count: items.length, next: typeof href === 'string' ? href : undefined };
}
