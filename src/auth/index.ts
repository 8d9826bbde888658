// log-in-with-launchdarkly 0.1.0, MIT License
import { createHash } from 'node:crypto';
import type { Request, RequestHandler, Response, Router } from 'express';
import { createOAuthClient } from './authorization-code.ts';
import { createVerifyRoute } from './forward-auth.ts';
import { createFreshLogins, createLoadLogin, createRequireLogin, type FreshLogins } from './fresh-login.ts';
import { createLoginLoopGuard } from './login-loop-guard.ts';
import { createLoginStates, createLoginTransactions } from './login-transaction.ts';
import { type AuthOptions, authPaths, checkOptions } from './options.ts';
import { plainHttpWarning } from './plain-http.ts';
import { createAuthRouter } from './router.ts';
import { createSealer, createTokenSealer } from './sealer.ts';
import { createSessionLogins, type LoginHooks } from './session-logins.ts';
import { hideOtherErrors, type User } from './user-session.ts';

export type { AuthorizationServer, OAuthClient, OAuthClientOptions, TokenSet } from './authorization-code.ts';
export { createOAuthClient } from './authorization-code.ts';
export type { AuthEvent, LoginErrorReason } from './login-error.ts';
export { LoginError } from './login-error.ts';
export { safeReturnTo } from './login-transaction.ts';
export { type MintedSessionOptions, mintSession } from './mint-session.ts';
export { isPrefetch, showsPage } from './navigation.ts';
export { type AuthOptions, type AuthPathOptions, authPaths } from './options.ts';
export { createSealer, type Sealer } from './sealer.ts';
export type { CompletedLoginDetails } from './session-logins.ts';
export type { Login, User } from './user-session.ts';
export { currentLogin, currentUser } from './user-session.ts';

/** A login to put into an Express app that uses express-session. */
export interface Auth<U extends User = User> extends Pick<FreshLogins, 'withAccessToken'> {
  /** `GET /auth/login?returnTo=/path`, `GET` of the redirect URI's path, `POST /auth/logout`, `GET /auth/verify`. */
  readonly router: Router;
  /**
   * Middleware that lets only logged-in users pass. Called with options it makes such a middleware; when `when` is false
   * for a user, the request fails with `LoginError('role_not_allowed')`, status 403.
   */
  readonly requireLogin: RequestHandler & ((options: { when: (user: U) => boolean }) => RequestHandler);
  /** Middleware that refreshes and verifies a login as `requireLogin` does, but lets every request pass. */
  readonly loadLogin: RequestHandler;
  /**
   * The user who is logged in with this client, or undefined. Reads only: behind `requireLogin` or `loadLogin` the login
   * has been verified; anywhere else a member who was removed may still be in the session.
   */
  currentUser(req: Request): U | undefined;
  /** Answers with a redirect that starts a login. `returnTo` is a path on this site or a URL at one of `origins`, default `/`. */
  login(req: Request, res: Response, options?: { returnTo?: string }): void;
  /** Ends the session, deletes its cookie and revokes its tokens in the background. Does not answer. */
  logout(req: Request, res: Response): Promise<void>;
}

/**
 * Sets up a login. Makes no network call. Throws `TypeError` that lists what is wrong with the options.
 * The host app mounts express-session before `router`, and `requireLogin` before what it guards.
 */
export function createAuth<U extends User = User>(options: AuthOptions<U>): Auth<U> {
  checkOptions(options);
  const warning = plainHttpWarning(options.server.token_endpoint);
  if (warning) process.emitWarning(warning);
  const { secrets, clientId, redirectUri, maxAge = 7 * 86_400_000, revalidateAfter = 5 * 60_000 } = options;
  const { withLock = (_key, task) => task(), report = () => {} } = options;
  const fetchUser = hideOtherErrors(options.fetchUser);
  const { origin, pathname, protocol } = new URL(redirectUri);
  const secure = protocol === 'https:';
  const { login = authPaths.login, logout = authPaths.logout, verify = authPaths.verify } = options.paths ?? {};
  const { loggedOut = authPaths.loggedOut, callback = pathname } = options.paths ?? {};
  const paths = { login, logout, verify, loggedOut, callback };
  const oauth = createOAuthClient(options);
  const { onLogin, keepInSession, origins = [] } = options;
  const onLogout = options.onLogout as LoginHooks['onLogout'];
  const logins = createSessionLogins<U>({ sealer: createTokenSealer(secrets), clientId, onLogin, keepInSession });
  const transactions = createLoginTransactions({
    sealer: createSealer(secrets, 'login transaction'),
    cookieName: cookieName('login', redirectUri),
    secure,
  });
  const states = createLoginStates(createSealer(secrets, 'login state'));
  const loopGuard = createLoginLoopGuard({ cookieName: cookieName('logins', redirectUri), secure });
  const renewal = { oauth, logins, fetchUser, maxAge, revalidateAfter, withLock, report };
  const { freshLogin, withAccessToken } = createFreshLogins(renewal);
  return {
    ...createAuthRouter({
      ...{ oauth, states, transactions, loopGuard, logins, fetchUser, report, onLogout, origin, origins, paths },
      verify: createVerifyRoute(freshLogin),
    }),
    requireLogin: createRequireLogin<U>({ freshLogin, loopGuard, loginPath: paths.login }),
    loadLogin: createLoadLogin(freshLogin),
    currentUser: (req) => logins.currentLogin(req)?.user as U | undefined,
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
