import type { NextFunction, Request, Response, Router } from 'express';
import express from 'express';
import type { AuthEvent } from './auth-event.ts';
import type { OAuthClient, TokenSet } from './authorization-code.ts';
import { refuseCrossSite } from './cross-site.ts';
import { isTransient, LoginError } from './login-error.ts';
import type { LoginRounds } from './login-rounds.ts';
import type { LoginTransaction, LoginTransactions } from './login-transaction.ts';
import { refusePrefetch } from './prefetch.ts';
import { redirect } from './redirect.ts';
import { safeReturnTo } from './return-to.ts';
import type { Sealer } from './sealer.ts';
import type { User } from './user-session.ts';
import {
  currentLogin,
  endUserSession,
  finishedLoginReturnTo,
  openTokens,
  startUserSession,
} from './user-session.ts';

/** What the three routes of a login are made of. */
export interface AuthRouterOptions {
  readonly oauth: OAuthClient;
  readonly transactions: LoginTransactions;
  readonly rounds: LoginRounds;
  readonly sealer: Sealer;
  readonly fetchUser: (accessToken: string) => Promise<User>;
  readonly report: (event: AuthEvent) => void;
  /** This app's own origin. */
  readonly origin: string;
  readonly paths: {
    readonly login: string;
    readonly callback: string;
    readonly logout: string;
    readonly loggedOut: string;
  };
}

/** `GET` login, `GET` callback and `POST` logout. Whatever goes wrong is thrown as a `LoginError`. */
export function createAuthRouter(options: AuthRouterOptions): Router {
  const { oauth, transactions, rounds, sealer, fetchUser, report, origin, paths } = options;
  const router = express.Router();
  if (paths.callback === '/') router.use(exactly('/'), onlyAuthorizationResponses);

  router.get(exactly(paths.login), noStore, refusePrefetch, function login(req, res) {
    const { url, state, codeVerifier } = oauth.buildAuthorizationRequest();
    const returnTo = safeReturnTo(req.query.returnTo);
    transactions.save(req, res, { state, codeVerifier, returnTo, startedAt: Date.now() });
    redirect(res, url.href);
  });

  router.get(exactly(paths.callback), noStore, refusePrefetch, async function callback(req, res) {
    let transaction: LoginTransaction | undefined;
    try {
      transaction = transactions.take(req, res, req.query.state);
      const tokens = await oauth.exchangeAuthorizationCode(queryOf(req), transaction);
      await admit(req, transaction, tokens);
      rounds.count(req, res);
      redirect(res, transaction.returnTo);
    } catch (error) {
      passOver(req, res, error, transaction);
    }
  });

  router.post(exactly(paths.logout), noStore, refusePrefetch, async function logout(req, res) {
    refuseCrossSite(req, origin);
    const login = currentLogin(req);
    const tokens = login && openTokens(sealer, req.sessionID, login);
    await endUserSession(req);
    if (login) report({ event: 'logged_out', user: login.user, req });
    if (tokens) revoke(req, tokens);
    rounds.forget(req, res);
    redirect(res, paths.loggedOut);
  });

  return router;

  /**
   * The tokens of a member who is refused are revoked. After transient trouble, at the server or the session store, they
   * are only dropped: a server may revoke per member and app (RFC 7009, section 2.1), and so end other sessions.
   */
  async function admit(req: Request, transaction: LoginTransaction, tokens: TokenSet): Promise<void> {
    try {
      const user = await fetchUser(tokens.accessToken);
      const replaced = await startUserSession(req, sealer, { user, tokens, ...transaction });
      if (replaced) revoke(req, replaced);
      report({ event: 'login_succeeded', user, req });
    } catch (error) {
      if (error instanceof LoginError && !isTransient(error)) revoke(req, tokens);
      throw error;
    }
  }

  /** Best effort, and nobody waits for it: the session is over in any case. */
  function revoke(req: Request, tokens: TokenSet): void {
    oauth.revoke(tokens).catch((error) => report({ event: 'revocation_failed', error, req }));
  }

  /**
   * Back button, reload, a tab that was overtaken: somebody who is logged in goes on to where that login led, and is
   * never logged in as anybody by it. Everything else is a failure.
   */
  function passOver(
    req: Request,
    res: Response,
    error: unknown,
    transaction: LoginTransaction | undefined,
  ): void {
    if (!(error instanceof LoginError)) throw error;
    error.returnTo ??= transaction?.returnTo ?? finishedLoginReturnTo(req, req.query.state);
    if (!currentLogin(req) || !comesTooLate.has(error.reason)) throw error;
    redirect(res, error.returnTo ?? '/');
  }
}

const comesTooLate: ReadonlySet<string> = new Set([
  'cookies_missing',
  'login_unknown',
  'login_expired',
  'code_rejected',
  'token_request_rejected',
]);

/** A home page at the path of the callback: what carries no response (RFC 6749, section 4.1.2) is not ours. */
function onlyAuthorizationResponses({ query }: Request, _res: Response, next: NextFunction): void {
  next(['code', 'error', 'state', 'iss'].some((name) => name in query) ? undefined : 'router');
}

function queryOf({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start < 0 ? '' : originalUrl.slice(start);
}

function noStore(_req: Request, res: Response, next: () => void): void {
  res.setHeader('Cache-Control', 'no-store');
  next();
}

/** The path as a pattern that means just itself, whatever characters it holds. */
function exactly(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}$`);
}
