import type { SandboxStore } from '../store.ts';

const LOOPBACK = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * What is wrong with a redirect URI, as a sentence; `undefined` when it may be registered. An absolute https URL without
 * query parameters (LaunchDarkly docs: OAuth client registration); fragments, user names and wildcards are refused too.
 */
export function redirectUriProblem(store: SandboxStore, value: unknown): string | undefined {
  if (typeof value !== 'string' || value === '') return 'is required';
  if (!URL.canParse(value) || /[\s\\*]/.test(value)) return 'must be an absolute URL';
  const url = new URL(value);
  if (!isAllowedScheme(store, url)) return 'must use https';
  if (value.includes('?')) return 'must not have query parameters';
  if (value.includes('#')) return 'must not have a fragment';
  if (url.username || url.password) return 'must not have a user name or password';
  return undefined;
}

function isAllowedScheme(store: SandboxStore, { protocol, hostname }: URL): boolean {
  if (protocol === 'https:') return true;
  return protocol === 'http:' && LOOPBACK.test(hostname) && store.switches.httpLocalhostRedirectUris;
}
