import type { Switches } from '../switches.ts';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;
/** RFC 3986, sections 2 and 3: unreserved, percent-encoded, sub-delims and gen-delims; nothing outside ASCII. */
const URI_TEXT = /^(?:[A-Za-z0-9._~!$&'()+,;=:@/?#[\]-]|%[0-9A-Fa-f]{2})+$/;
/** Scheme, host (a name, an IPv4 address or an IPv6 address in brackets), port, and the path after a slash. */
const HTTP_URL = /^https?:\/\/(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?(?:\/[^[\]]*)?$/i;

/**
 * What is wrong with a redirect URI, as a sentence; `undefined` when it may be registered. An absolute https URL without
 * query parameters (LaunchDarkly docs: OAuth client registration); fragments, user names and wildcards are refused too.
 * The text itself is checked, as it is compared character for character later; `URL` would repair it first.
 */
export function redirectUriProblem(switches: Switches, value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'is required';
  if (!URI_TEXT.test(value) || !URL.canParse(value)) return 'must be an absolute URL';
  const url = new URL(value);
  if (!isAllowedScheme(switches, url)) return 'must use https';
  if (value.includes('?')) return 'must not have query parameters';
  if (value.includes('#')) return 'must not have a fragment';
  if (value.includes('@') && (url.username || url.password)) return 'must not have a user name or password';
  return HTTP_URL.test(value) ? undefined : 'must be an absolute URL';
}

function isAllowedScheme(switches: Switches, { protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && LOOPBACK.test(hostname) && switches.httpLocalhostRedirectUris;
}
