import { setTimeout as pause } from 'node:timers/promises';
import type { NextFunction, Request, Response, Router } from 'express';
import express from 'express';
import type { AuthEvent } from './auth-event.ts';
import type { OAuthClient, TokenSet } from './authorization-code.ts';
import { refuseCrossSite } from './cross-site.ts';
import { isTransient, LoginError } from './login-error.ts';
import type { LoginRounds } from './login-loop-guard.ts';
import type { LoginState, LoginStates } from './login-state.ts';
import { loginIdOf } from './login-state.ts';
import type { LoginTransaction, LoginTransactions } from './login-transaction.ts';
import { isTooOld } from './login-transaction.ts';
import { isCertainlyNoPageVisit } from './page-visit.ts';
import { refusePrefetch } from './prefetch.ts';
import { createRedemptions } from './redemptions.ts';
import { safeReturnTo } from './return-to.ts';
import type { Sealer } from './sealer.ts';
import type { StartedSession, User } from './user-session.ts';
import {
  currentLogin,
  endUserSession,
  finishedLoginReturnTo,
  isSame,
  joinUserSession,
  openTokens,
  startUserSession,
} from './user-session.ts';

/** What the three routes of a login are made of. */
export interface AuthRouterOptions {
  readonly oauth: OAuthClient;
  readonly states: LoginStates;
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

/** How often one tab begins its login again when its browser has forgotten the attempt. */
const mostRestarts = 5;
/** Milliseconds that each of these restarts waits longer than the one before, while another tab may be logging in. */
const restartPause = 500;

/** `GET` login, `GET` callback and `POST` logout. Whatever goes wrong is thrown as a `LoginError`. */
export function createAuthRouter(options: AuthRouterOptions): Router {
  const { oauth, states, transactions, rounds, sealer, fetchUser, report, origin, paths } = options;
  const redemptions = createRedemptions<StartedSession>();
  const router = express.Router();
  if (paths.callback === '/') router.use(exactly('/'), onlyAuthorizationResponses);

  router.get(exactly(paths.login), noStore, refusePrefetch, function login(req, res) {
    if (isCertainlyNoPageVisit(req)) throw new LoginError('login_required');
    startLogin(req, res, safeReturnTo(req.query.returnTo));
  });

  router.get(exactly(paths.callback), noStore, refusePrefetch, async function callback(req, res) {
    try {
      const transaction = transactions.take(req, res, req.query.state);
      await finishLogin(req, transaction);
      rounds.count(req, res);
      res.redirect(303, states.read(transaction.state)?.returnTo ?? '/');
    } catch (error) {
      await passOver(req, res, error);
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
    res.redirect(303, paths.loggedOut);
  });

  return router;

  function startLogin(req: Request, res: Response, returnTo: string, restarts = 0): void {
    const startedAt = Date.now();
    const state = states.create({ returnTo, startedAt, restarts });
    const { url, codeVerifier } = oauth.buildAuthorizationRequest(state);
    transactions.save(req, res, { state, codeVerifier, startedAt });
    res.redirect(303, url.href);
  }

  /** Redeems the code once, however often its callback is loaded: later loads get the same session. */
  async function finishLogin(req: Request, transaction: LoginTransaction): Promise<void> {
    const started = await redemptions.once(loginIdOf(transaction.state), async () => {
      const tokens = await oauth.exchangeAuthorizationCode(queryOf(req), transaction);
      const user = await admit(req, transaction, tokens);
      return { sessionId: req.sessionID, user, cookieMaxAge: req.session.cookie.originalMaxAge };
    });
    if (req.sessionID === started.sessionId) return;
    if (!(await joinUserSession(req, started))) throw new LoginError('login_unknown');
  }

  /**
   * The tokens of a member who is refused are revoked. After transient trouble, at the server or the session store, they
   * are only dropped: a server may revoke per member and app (RFC 7009, section 2.1), and so end other sessions.
   */
  async function admit(req: Request, { state }: LoginTransaction, tokens: TokenSet): Promise<User> {
    try {
      const user = await fetchUser(tokens.accessToken);
      const returnTo = states.read(state)?.returnTo ?? '/';
      const replaced = await startUserSession(req, sealer, { user, tokens, state, returnTo });
      if (replaced) revoke(req, replaced);
      report({ event: 'login_succeeded', user, req });
      return user;
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
  async function passOver(req: Request, res: Response, error: unknown): Promise<void> {
    if (!(error instanceof LoginError)) throw error;
    const attempt = states.read(req.query.state);
    const returnTo = await returnToOf(req, attempt);
    error.returnTo ??= returnTo;
    if (comesTooLate.has(error.reason)) {
      if (currentLogin(req)) return res.redirect(303, returnTo ?? '/');
      if (attempt && forgotten.has(error.reason)) {
        if (isTooOld(attempt)) throw new LoginError('login_expired', { returnTo });
        if (await isLoggingIn(req)) return res.redirect(303, attempt.returnTo);
        if (transactions.pending(req).length > 0 && attempt.restarts < mostRestarts) {
          await pause(attempt.restarts * restartPause);
          return startLogin(req, res, attempt.returnTo, attempt.restarts + 1);
        }
      }
    }
    throw error;
  }

  /** Where this login led or would have led. What another person opened in this browser is not told. */
  async function returnToOf(req: Request, attempt: LoginState | undefined): Promise<string | undefined> {
    const { state } = req.query;
    const user = currentLogin(req)?.user;
    const finished = await redemptions.find(loginIdOf(String(state)))?.catch(() => undefined);
    if (finished && user && !isSame(finished.user, user)) return undefined;
    return finishedLoginReturnTo(req, state) ?? attempt?.returnTo;
  }

  /** Whether another tab of this browser has just logged in, or does so now. Waits for the latter. */
  async function isLoggingIn(req: Request): Promise<boolean> {
    const runs = transactions.pending(req).map((id) => redemptions.find(id) ?? Promise.reject());
    return Promise.any(runs).then(
      () => true,
      () => false,
    );
  }
}

const forgotten: ReadonlySet<string> = new Set(['cookies_missing', 'login_unknown']);

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
