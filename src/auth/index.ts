import { createHash } from 'node:crypto';
import type { RequestHandler, Router } from 'express';
import type { AuthEvent } from './auth-event.ts';
import type { OAuthClientOptions } from './authorization-code.ts';
import { createOAuthClient } from './authorization-code.ts';
import type { LiveLogin } from './fresh-login.ts';
import { createLiveLogin } from './fresh-login.ts';
import { createLoginRounds } from './login-loop-guard.ts';
import { createLoginStates } from './login-state.ts';
import { createLoginTransactions } from './login-transaction.ts';
import { createRequireLogin } from './require-login.ts';
import { createAuthRouter } from './router.ts';
import { createSealer, createTokenSealer } from './sealer.ts';
import type { User } from './user-session.ts';

export type { AuthEvent } from './auth-event.ts';
export type { AuthorizationServer, OAuthClientOptions } from './authorization-code.ts';
export type { LoginErrorReason } from './login-error.ts';
export { LoginError } from './login-error.ts';
export { type MintedSessionOptions, mintSession } from './mint-session.ts';
export { safeReturnTo } from './return-to.ts';
export type { Login, User } from './user-session.ts';
export { currentLogin, currentUser } from './user-session.ts';

/** All that a login needs to know of the app it belongs to. */
export interface AuthOptions extends OAuthClientOptions {
  /** Seals tokens and login transactions. Newest first: the first seals, every one opens. */
  readonly secrets: readonly [string, ...string[]];
  /**
   * Asks the API who an access token belongs to, and decides whether they may enter. Throws `LoginError`:
   * `token_rejected` when the API refuses the token, a `provider_…` reason when it is in trouble, and the reason itself
   * when the person may not enter.
   */
  readonly fetchUser: (accessToken: string) => Promise<User>;
  /** Milliseconds a login may last, default 7 days. */
  readonly maxAge?: number;
  /** Milliseconds after which the API is asked again who a person is, default 5 minutes. */
  readonly revalidateAfter?: number;
  /**
   * Runs one task at a time for a key across all processes that share the sessions. Default: nothing to wait for, which
   * is right for a single process.
   */
  readonly withLock?: <T>(key: string, task: () => Promise<T>) => Promise<T>;
  /** Told about logins, refreshes and the like. */
  readonly report?: (event: AuthEvent) => void;
}

/** A login to put into an Express app that uses express-session. */
export interface Auth extends Pick<LiveLogin, 'withAccessToken'> {
  /** `GET /auth/login?returnTo=/path`, `GET` of the redirect URI's path, and `POST /auth/logout`. */
  readonly router: Router;
  /** Middleware: only for people who are logged in. */
  readonly requireLogin: RequestHandler;
}

/** The one place where the login's own paths are named. */
export const authPaths = { login: '/auth/login', logout: '/auth/logout', loggedOut: '/logged-out' } as const;

/**
 * Puts a login together. Makes no network call. Throws `TypeError` when the redirect URI is no absolute URL.
 * The host app puts express-session before `router`, and `requireLogin` before what it guards.
 */
export function createAuth(options: AuthOptions): Auth {
  const { secrets, redirectUri, maxAge = 7 * 86_400_000, revalidateAfter = 5 * 60_000 } = options;
  const { fetchUser, withLock = (_key, task) => task(), report = () => {} } = options;
  const { origin, pathname, protocol } = new URL(redirectUri);
  const secure = protocol === 'https:';
  const oauth = createOAuthClient(options);
  const sealer = createTokenSealer(secrets);
  const transactions = createLoginTransactions({
    sealer: createSealer(secrets, 'login transaction'),
    cookieName: cookieName('login', redirectUri),
    secure,
  });
  const states = createLoginStates(createSealer(secrets, 'login state'));
  const rounds = createLoginRounds({ cookieName: cookieName('rounds', redirectUri), secure });
  const liveLogin = createLiveLogin({ oauth, sealer, fetchUser, maxAge, revalidateAfter, withLock, report });
  const paths = { ...authPaths, callback: pathname };

  return {
    router: createAuthRouter({
      oauth,
      states,
      transactions,
      rounds,
      sealer,
      fetchUser,
      report,
      origin,
      paths,
    }),
    requireLogin: createRequireLogin({ liveLogin, rounds, loginPath: authPaths.login }),
    withAccessToken: liveLogin.withAccessToken,
  };
}

/**
 * A cookie's name that other apps on this host do not share: the ports of localhost have one cookie jar. With https
 * the `__Host-` prefix keeps neighbouring hosts from setting it.
 */
export function cookieName(use: string, redirectUri: string): string {
  const app = createHash('sha256').update(redirectUri).digest('hex').slice(0, 8);
  return `${redirectUri.startsWith('https:') ? '__Host-' : ''}${use}-${app}`;
}
