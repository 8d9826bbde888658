// log-in-with-launchdarkly 0.1.0, MIT License
import type { AuthorizationServer, OAuthClientOptions } from './authorization-code.ts';
import type { AuthEvent } from './login-error.ts';
import { isHttpsOrAllowed } from './plain-http.ts';
import type { LoginHooks } from './session-logins.ts';
import type { User } from './user-session.ts';

/** What a login needs to know about the app it belongs to. */
export interface AuthOptions<U extends User = User> extends OAuthClientOptions, LoginHooks<U> {
  /**
   * Keys that seal tokens and login transactions, of at least 32 characters each. Newest first: the first one seals, every
   * one opens.
   */
  readonly secrets: readonly string[];
  /**
   * Asks the API who an access token belongs to, and decides whether they may enter. Throws `LoginError`:
   * `token_rejected` when the API refuses the token, a `provider_…` reason when it is unavailable, and the reason itself
   * when the member may not enter. Any other error fails the request with status 500 and is the cause of what `report` is
   * told; who is logged in stays so.
   */
  readonly fetchUser: (accessToken: string) => Promise<U>;
  /** Milliseconds a login may last, default 7 days. */
  readonly maxAge?: number | undefined;
  /** Milliseconds after which the API is asked again who the member is, default 5 minutes. */
  readonly revalidateAfter?: number | undefined;
  /**
   * Runs one task at a time for a key, across all processes that share the session store. Default: no lock, which is
   * enough for a single process.
   */
  readonly withLock?: (<T>(key: string, task: () => Promise<T>) => Promise<T>) | undefined;
  /** Called for logins, logouts, refreshes and the like. */
  readonly report?: ((event: AuthEvent) => void) | undefined;
  /**
   * Origins of front ends beside this app, such as `https://app.example.com`: `returnTo` may lead to them, and their
   * scripts may log out. The session cookie reaches this app only from the same site.
   */
  readonly origins?: readonly string[] | undefined;
  /** The login's own paths, where they differ from `authPaths`. */
  readonly paths?: AuthPathOptions | undefined;
}

/** Paths on this site, as the browser sees them, with the prefix that the app or the router is mounted under. */
export interface AuthPathOptions {
  /** Default `/auth/login`. `false` serves none; the app then calls `auth.login` itself. */
  readonly login?: string | false | undefined;
  /** Default `/auth/logout`. `false` serves none; the app then calls `auth.logout` itself. */
  readonly logout?: string | false | undefined;
  /** Where a proxy asks whether to let a request pass, default `/auth/verify`. `false` serves none. */
  readonly verify?: string | false | undefined;
  /** Where the browser goes after a logout, default `/logged-out`. A page of the app. */
  readonly loggedOut?: string | undefined;
  /** Where this app receives the redirect URI's requests, default its path. Differs behind a proxy that strips a prefix. */
  readonly callback?: string | undefined;
}

const minSecretLength = 32;

/** The login's paths, when `paths` does not say otherwise. */
export const authPaths = {
  login: '/auth/login',
  logout: '/auth/logout',
  verify: '/auth/verify',
  loggedOut: '/logged-out',
} as const;

/** Throws `TypeError` with all that is wrong with the options of `createAuth`, one problem a line. Quotes no secret. */
export function checkOptions<U extends User>(options: AuthOptions<U>): void {
  const { clientId, clientSecret, scope, secrets, fetchUser, maxAge, revalidateAfter, timeoutSeconds } = options;
  const problems = [
    ...['clientId', 'clientSecret', 'scope'].flatMap((name, index) =>
      isText([clientId, clientSecret, scope][index]) ? [] : [`${name} must be a string that is not empty.`],
    ),
    ...serverProblems(options),
    ...redirectUriProblems(options),
    ...secretProblems(secrets),
    ...(typeof fetchUser === 'function' ? [] : ['fetchUser must be a function.']),
    ...numberProblems('maxAge', maxAge, 'milliseconds'),
    ...numberProblems('revalidateAfter', revalidateAfter, 'milliseconds'),
    ...(timeoutSeconds === 0 ? [] : numberProblems('timeoutSeconds', timeoutSeconds, 'seconds')),
    ...pathProblems(options.paths),
    ...originProblems(options.origins),
    ...parameterProblems(options.authorizationParameters),
  ];
  if (problems.length > 0) throw new TypeError(`createAuth cannot use these options:\n- ${problems.join('\n- ')}`);
}

function serverProblems({ server, plainHttpHosts }: Pick<AuthOptions, 'server' | 'plainHttpHosts'>): string[] {
  const { authorization_endpoint, token_endpoint, revocation_endpoint } =
    server ?? ({} as Partial<AuthorizationServer>);
  const endpoints = { authorization_endpoint, token_endpoint, ...(revocation_endpoint && { revocation_endpoint }) };
  return Object.entries(endpoints)
    .filter(([, endpoint]) => !isHttpUrl(endpoint) || !isHttpsOrAllowed(endpoint, plainHttpHosts))
    .map(
      ([name]) => `server.${name} must be an absolute https URL; http is for localhost and hosts in plainHttpHosts.`,
    );
}

/** RFC 6749, section 3.1.2: a redirect URI has no fragment. A query would be mixed with the response's. */
function redirectUriProblems({ redirectUri, paths = {} }: Pick<AuthOptions, 'redirectUri' | 'paths'>): string[] {
  if (!isHttpUrl(redirectUri)) return ['redirectUri must be an absolute http(s) URL.'];
  const problems = /[?#]/.test(redirectUri) ? ['redirectUri must have no query and no fragment.'] : [];
  const own = Object.values({ ...authPaths, ...paths, callback: undefined });
  const callback = paths.callback ?? new URL(redirectUri).pathname;
  return own.includes(callback) ? [...problems, `redirectUri must not be the login's own path ${callback}.`] : problems;
}

function secretProblems(secrets: unknown): string[] {
  if (!Array.isArray(secrets) || secrets.length === 0) return ['secrets must be a list with at least one string.'];
  const short = secrets.some((secret) => typeof secret !== 'string' || secret.length < minSecretLength);
  return short ? [`Each of secrets must be a string of at least ${minSecretLength} characters.`] : [];
}

/** Infinity is a number of milliseconds; a text such as `7d` would compare as NaN, and no limit would apply. */
function numberProblems(name: string, value: unknown, unit: string): string[] {
  return value === undefined || (typeof value === 'number' && value > 0)
    ? []
    : [
        `${name} must be a number of ${unit} above 0, e.g. 300000, not ${typeof value === 'number' ? value : typeof value}.`,
      ];
}

function pathProblems(paths: AuthPathOptions = {}): string[] {
  return Object.entries(paths)
    .filter(([name, path]) => path !== undefined && !(path === false && ['login', 'logout', 'verify'].includes(name)))
    .filter(([, path]) => typeof path !== 'string' || !/^\/(?!\/)[^?#\s]*$/.test(path))
    .map(([name]) => `paths.${name} must be a path that starts with one slash, without a query.`);
}

function originProblems(origins: unknown = []): string[] {
  const valid =
    Array.isArray(origins) && origins.every((origin) => isHttpUrl(origin) && new URL(origin).origin === origin);
  return valid
    ? []
    : ['origins must be a list of origins such as https://app.example.com, without a slash at the end.'];
}

const grantParameters = /^(client_id|response_type|redirect_uri|scope|state|code_challenge(_method)?)$/;

function parameterProblems(parameters: OAuthClientOptions['authorizationParameters'] = {}): string[] {
  return Object.entries(parameters)
    .filter(([name, value]) => grantParameters.test(name) || typeof value !== 'string')
    .map(([name]) => `authorizationParameters.${name} must be a string, and none of the grant's own parameters.`);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value !== '';
}

function isHttpUrl(value: unknown): value is string {
  return typeof value === 'string' && URL.canParse(value) && /^https?:$/.test(new URL(value).protocol);
}
