import { isIP } from 'node:net';
import { isHttpsOrAllowed } from '../auth/plain-http.ts';
import type { RedirectUri } from './redirect-uri.ts';
import { isOwnPath, isPossibleBase, parseRedirectUri } from './redirect-uri.ts';
import { looksRandom } from './session-secret.ts';

/*
 * One function for each kind of value: text in, value out. Each throws an Error whose message continues the setting's
 * name ("LD_BASE_URI must …"). Secrets are never quoted.
 */

/** One of the given words, in any case. */
export function oneOf<T extends string>(...words: readonly T[]) {
  return (text: string): T => {
    const word = words.find((candidate) => candidate === text.toLowerCase());
    if (word === undefined) throw new Error(`must be ${words.join(' or ')}, not "${text}".`);
    return word;
  };
}

/** `on` or `off`. */
export function onOff(text: string): boolean {
  return oneOf('on', 'off')(text) === 'on';
}

/** A whole number of milliseconds from `90s`, `5m`, `8h` or `7d`. */
export function duration(text: string): number {
  const match = /^(\d{1,6})(s|m|h|d)$/.exec(text.toLowerCase());
  const unit = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }[match?.[2] ?? ''];
  const milliseconds = Number(match?.[1]) * (unit ?? Number.NaN);
  if (!(milliseconds > 0)) throw new Error(`must be a duration such as 90s, 5m, 8h or 7d, not "${text}".`);
  if (milliseconds > 10 * 365 * 86_400_000) throw new Error('must not exceed ten years.');
  return milliseconds;
}

/** A TCP port, 0 to 65535; 0 lets the system pick one. */
export function port(text: string): number {
  const number = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number <= 65_535)) throw new Error(`must be a port from 0 to 65535, not "${text}".`);
  return number;
}

/** A whole number from 1 to 999,999,999. */
export function count(text: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw new Error(`must be a whole number above 0, not "${text}".`);
  return Number(text);
}

/** A comma-separated list without empty entries. */
export function list(text: string): string[] {
  const entries = text.split(',').map((entry) => entry.trim());
  if (entries.includes('')) throw new Error('must be a comma-separated list without empty entries.');
  return entries;
}

/** LaunchDarkly's base roles. A typo would lock everyone out, so unknown ones are refused. */
export function roles(text: string): string[] {
  const known = ['reader', 'writer', 'admin', 'owner', 'no_access'];
  const given = list(text.toLowerCase());
  const unknown = given.filter((role) => !known.includes(role));
  if (unknown.length > 0)
    throw new Error(
      `holds what is not a base role of LaunchDarkly: "${unknown.join('", "')}". The base roles are ${known.join(', ')}.`,
    );
  return given;
}

/** Account ids, or just `*`. */
export function accounts(text: string): readonly string[] | '*' {
  const entries = list(text);
  if (!entries.includes('*')) return entries;
  if (entries.length > 1) throw new Error('must be either * or a list of ids, not both.');
  return '*';
}

/**
 * The origin of a LaunchDarkly instance, without a trailing slash.
 *
 * @param plainHttpHosts where plain http is allowed besides loopback names.
 */
export function baseUri(plainHttpHosts: readonly string[]) {
  return (text: string): string => {
    const url = httpUrl(text);
    if (url.pathname !== '/' || url.search || url.hash || url.username) {
      throw new Error(`must be an origin such as ${url.origin}, without path, query or credentials.`);
    }
    if (!isHttpsOrAllowed(url.origin, plainHttpHosts)) {
      throw new Error(
        `must begin with https://. Plain http is for localhost, names below it such as launchdarkly.localhost, loopback addresses, and hosts listed in LD_PLAIN_HTTP_HOSTS.`,
      );
    }
    return url.origin;
  };
}

/** Host names, without scheme and port. */
export function hostNames(text: string): string[] {
  const names = list(text.toLowerCase());
  const wrong = names.find((name) => !/^[a-z0-9_]([a-z0-9._-]*[a-z0-9])?$/.test(name));
  if (wrong === undefined) return names;
  throw new Error(`must be a comma-separated list of host names, without scheme, port or wildcard, not "${wrong}".`);
}

/**
 * The registered redirect URI. LaunchDarkly requires an absolute https URL without query parameters and compares it
 * character by character, so it must be in normalized form.
 */
export function redirectUri(text: string): RedirectUri {
  const url = httpUrl(text);
  if (url.search || url.hash) throw new Error('must have no query and no fragment: LaunchDarkly does not allow them.');
  if (url.username || url.password) throw new Error('must not contain a user name or password.');
  if (text.includes('*')) throw new Error('must not contain a wildcard: LaunchDarkly registers one exact URI.');
  if (!isHttpsOrAllowed(url.origin)) {
    throw new Error(
      'must begin with https:// (LaunchDarkly requires https; plain http is allowed for localhost and loopback addresses only).',
    );
  }
  if (url.href !== text)
    throw new Error(`must be written as ${url.href}, because LaunchDarkly compares it character by character.`);
  if (isOwnPath(url.pathname)) {
    throw new Error(
      `must not lead to ${url.pathname}, which this app uses itself. Choose a path of its own, such as ` +
        `${url.origin}/auth/callback; ${url.origin}/ is possible too.`,
    );
  }
  const parsed = parseRedirectUri(text);
  if (!isPossibleBase(parsed.basePath)) {
    throw new Error(`must not put the app below ${parsed.basePath}, because this app uses that path itself.`);
  }
  return parsed;
}

function httpUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) throw new Error('must be an absolute URL that begins with https://.');
  return url;
}

/** RFC 6749, section 3.3: scope tokens separated by single spaces. */
export function scope(text: string): string {
  if (!/^[!#-[\]-~]+( [!#-[\]-~]+)*$/.test(text)) throw new Error('must be scope names separated by single spaces.');
  return text;
}

const placeholder =
  /^(<[\w .,:'-]*>|\.{3}|x{4,}|your[-_ ].*|.*change[-_ ]?(me|this).*|.*placeholder.*|.*keyboard cat.*|todo|secret|example)$/i;

/** Whether this is a placeholder that was never replaced by a real value. */
export function isPlaceholder(text: string): boolean {
  return placeholder.test(text);
}

/** A value without spaces or control characters, and not a placeholder. */
export function credential(text: string): string {
  refusePlaceholder(text);
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Error('contains a space or a character that cannot be part of it.');
  return text;
}

/** A client id or client secret (RFC 6749, appendix A.1 and A.2): printable ASCII, spaces included. */
export function clientCredential(text: string): string {
  refusePlaceholder(text);
  if (!/^[\x20-\x7e]+$/.test(text))
    throw new Error('contains a character that cannot be part of it; only printable ASCII and spaces can.');
  return text;
}

function refusePlaceholder(text: string): void {
  if (isPlaceholder(text)) throw new Error('is still a placeholder.');
}

/** One or more secrets, newest first, each as random as 32 bytes. */
export function sessionSecrets(text: string): readonly [string, ...string[]] {
  const [newest, ...older] = list(text);
  if (newest === undefined) throw new Error('is empty.');
  for (const secret of [newest, ...older]) {
    refusePlaceholder(secret);
    if (!looksRandom(secret))
      throw new Error(
        'is too easy to guess. Use 32 random bytes (43 characters of base64url or 64 of hex), generated by a program.',
      );
  }
  return [newest, ...older];
}

/** `file:PATH`, `redis[s]://…`, `redis[s]+cluster://…`, `redis[s]+sentinel://…/MASTER-NAME` or `memory:`. */
export function sessionStore(given: string): string {
  const text = given.replace(/^(file|memory|rediss?(\+\w+)?):/i, (scheme) => scheme.toLowerCase());
  const whole = /^(memory:$|file:.|rediss?(\+cluster)?:\/\/[^/]|rediss?\+sentinel:\/\/[^/]+\/.)/.test(text);
  if (!whole || (/^rediss?:/.test(text) && !URL.canParse(text)))
    throw new Error(
      'must be file:PATH, redis://HOST:PORT, rediss://HOST:PORT, redis+cluster://HOST:PORT,HOST:PORT, ' +
        'redis+sentinel://HOST:PORT,HOST:PORT/MASTER-NAME or memory:.',
    );
  return text;
}

/** Hops or addresses as Express's `trust proxy` understands them; `off` for none. `true` would trust every client. */
export function trustProxy(given: string): number | string[] | false {
  const text = given.toLowerCase();
  if (text === 'off' || text === '0') return false;
  if (/^\d{1,2}$/.test(text)) return Number(text);
  const entries = list(text);
  const wrong = entries.find((entry) => !isProxyAddress(entry));
  if (wrong !== undefined) {
    throw new Error(`must be a number of hops, addresses (10.0.0.0/8, loopback) or off, not "${wrong}".`);
  }
  return entries;
}

function isProxyAddress(entry: string): boolean {
  if (['loopback', 'linklocal', 'uniquelocal'].includes(entry)) return true;
  const [address = '', prefix, ...rest] = entry.split('/');
  const bits = { 4: 32, 6: 128 }[isIP(address)];
  return (
    bits !== undefined &&
    rest.length === 0 &&
    (prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= bits))
  );
}

/** The URL of a forward proxy. Without a scheme it means http, as for curl. Not quoted, since it may hold a password. */
export function proxyUrl(text: string): string {
  if (isSocks(text))
    throw new Error('names a SOCKS proxy, which is not supported. Use an HTTP proxy: http://HOST:PORT.');
  const withScheme = /^[a-z][\w+.-]*:\/\//i.test(text) ? text : `http://${text}`;
  const url = URL.canParse(withScheme) ? new URL(withScheme) : undefined;
  if (!url?.hostname || !/^https?:$/.test(url.protocol) || !/^[\x21-\x7e]+$/.test(text)) {
    throw new Error('must be the address of an HTTP proxy, such as http://proxy.example.com:3128.');
  }
  return url.href;
}

/** Whether a proxy is a SOCKS proxy. */
export function isSocks(text: string): boolean {
  return /^\s*socks/i.test(text);
}
