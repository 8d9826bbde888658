import { createHash } from 'node:crypto';
import type { RequestHandler, Router } from 'express';
import type { OAuthClientOptions } from './authorization-code.ts';
import { createOAuthClient } from './authorization-code.ts';
import { createFreshLogins, createRequireLogin, type FreshLogins } from './fresh-login.ts';
import type { AuthEvent } from './login-error.ts';
import { createLoginLoopGuard } from './login-loop-guard.ts';
import { createLoginStates } from './login-state.ts';
import { createLoginTransactions } from './login-transaction.ts';
import { createAuthRouter } from './router.ts';
import { createSealer, createTokenSealer } from './sealer.ts';
import type { User } from './user-session.ts';

export type { AuthorizationServer, OAuthClientOptions } from './authorization-code.ts';
export type { AuthEvent, LoginErrorReason } from './login-error.ts';
export { LoginError } from './login-error.ts';
export { safeReturnTo } from './login-state.ts';
export { type MintedSessionOptions, mintSession } from './mint-session.ts';
export { isPrefetch } from './navigation.ts';
export type { Login, User } from './user-session.ts';
export { currentLogin, currentUser } from './user-session.ts';

/** What a login needs to know about the app it belongs to. */
export interface AuthOptions extends OAuthClientOptions {
  /** Keys that seal tokens and login transactions, newest first: the first one seals, every one opens. */
  readonly secrets: readonly [string, ...string[]];
  /**
   * Asks the API who an access token belongs to, and decides whether they may enter. Throws `LoginError`:
   * `token_rejected` when the API refuses the token, a `provider_…` reason when it is unavailable, and the reason itself
   * when the member may not enter.
   */
  readonly fetchUser: (accessToken: string) => Promise<User>;
  /** Milliseconds a login may last, default 7 days. */
  readonly maxAge?: number;
  /** Milliseconds after which the API is asked again who the member is, default 5 minutes. */
  readonly revalidateAfter?: number;
  /**
   * Runs one task at a time for a key, across all processes that share the session store. Default: no lock, which is
   * enough for a single process.
   */
  readonly withLock?: <T>(key: string, task: () => Promise<T>) => Promise<T>;
  /** Called for logins, logouts, refreshes and the like. */
  readonly report?: (event: AuthEvent) => void;
}

/** A login to put into an Express app that uses express-session. */
export interface Auth extends Pick<FreshLogins, 'withAccessToken'> {
  /** `GET /auth/login?returnTo=/path`, `GET` of the redirect URI's path, and `POST /auth/logout`. */
  readonly router: Router;
  /** Middleware: lets only logged-in users pass. */
  readonly requireLogin: RequestHandler;
}

/** The login's own paths. */
export const authPaths = { login: '/auth/login', logout: '/auth/logout', loggedOut: '/logged-out' } as const;

/**
 * Sets up a login. Makes no network call. Throws `TypeError` when the redirect URI is not an absolute URL.
 * The host app mounts express-session before `router`, and `requireLogin` before what it guards.
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
  const loopGuard = createLoginLoopGuard({ cookieName: cookieName('logins', redirectUri), secure });
  const { freshLogin, withAccessToken } = createFreshLogins({
    oauth,
    sealer,
    fetchUser,
    maxAge,
    revalidateAfter,
    withLock,
    report,
  });
  const paths = { ...authPaths, callback: pathname };

  return {
    router: createAuthRouter({ oauth, states, transactions, loopGuard, sealer, fetchUser, report, origin, paths }),
    requireLogin: createRequireLogin({ freshLogin, loopGuard, loginPath: authPaths.login }),
    withAccessToken,
  };
}

/**
 * A cookie name that no other app on this host uses: all ports of localhost share one cookie jar. With https the
 * `__Host-` prefix prevents other subdomains from setting it.
 */
export function cookieName(use: string, redirectUri: string): string {
  const app = createHash('sha256').update(redirectUri).digest('hex').slice(0, 8);
  return `${redirectUri.startsWith('https:') ? '__Host-' : ''}${use}-${app}`;
}
