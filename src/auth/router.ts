// log-in-with-launchdarkly 0.1.0, MIT License
import { setTimeout as sleep } from 'node:timers/promises';
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import express from 'express';
import type { OAuthClient, TokenSet } from './authorization-code.ts';
import { type AuthEvent, isTransient, LoginError } from './login-error.ts';
import type { LoginLoopGuard } from './login-loop-guard.ts';
import {
  createRedemptions,
  isTooOld,
  type LoginState,
  type LoginStates,
  type LoginTransaction,
  type LoginTransactions,
  loginIdOf,
  safeReturnTo,
} from './login-transaction.ts';
import { allowOrigins, forwardErrors, refuseCrossSite, refusePrefetch, showsCertainlyNoPage } from './navigation.ts';
import type { LoginHooks, SessionLogins, StartedSession } from './session-logins.ts';
import { assertSession, completedLoginReturnTo } from './session-logins.ts';
import { createLateSaveGuard, isSameMember, type User } from './user-session.ts';

/** What the routes of a login need. */
export interface AuthRouterOptions {
  readonly oauth: OAuthClient;
  readonly states: LoginStates;
  readonly transactions: LoginTransactions;
  readonly loopGuard: LoginLoopGuard;
  readonly logins: SessionLogins;
  readonly fetchUser: (accessToken: string) => Promise<User>;
  readonly report: (event: AuthEvent) => void;
  readonly onLogout: LoginHooks['onLogout'];
  /** Origins of front ends on other hosts. */
  readonly origins: readonly string[];
  /** This app's own origin. */
  readonly origin: string;
  readonly paths: Record<'login' | 'logout' | 'verify', string | false> & Record<'callback' | 'loggedOut', string>;
  /** Answers a proxy. */
  readonly verify: RequestHandler;
}

/** How often a tab restarts its login when its browser no longer has the attempt's cookie. */
const maxRestarts = 5;
/** Milliseconds by which each restart waits longer than the last, while another tab may be logging in. */
const restartDelay = 500;

/** `GET` login, `GET` callback, `POST` logout and `GET` verify. Failures go to `next` as `LoginError`. */
export function createAuthRouter(options: AuthRouterOptions) {
  const { oauth, states, transactions, loopGuard, logins, fetchUser, report, onLogout, origin, origins, paths } =
    options;
  const redemptions = createRedemptions<StartedSession>();
  const ownPaths = new Set<unknown>([paths.login, paths.callback, paths.logout, paths.verify]);
  const router = express.Router();
  const guardLateSaves = createLateSaveGuard(logins);
  router.use((req, _res, next) => {
    guardLateSaves(req.sessionStore);
    next(ownPaths.has(req.baseUrl + req.path) ? undefined : 'router');
  });
  router.get(anyPath, onPath(paths.login), noStore, refusePrefetch, function startFromRoute(req, res) {
    if (showsCertainlyNoPage(req)) throw new LoginError('login_required');
    const { returnTo } = req.query;
    login(req, res, { returnTo: String(returnTo) });
  });

  if (paths.callback === '/') router.get(anyPath, onPath('/'), onlyAuthorizationResponses);
  router.get(anyPath, onPath(paths.callback), noStore, refusePrefetch, forwardErrors(callback));
  router.all(anyPath, onPath(paths.logout), allowOrigins(origins));
  router.post(anyPath, onPath(paths.logout), noStore, refusePrefetch, forwardErrors(logoutFromRoute));
  router.get(anyPath, onPath(paths.verify), noStore, options.verify);
  return { router, login, logout };

  function login(req: Request, res: Response, { returnTo }: { returnTo?: string } = {}): void {
    assertSession(req);
    startLogin(req, res, safeReturnTo(returnTo, origins));
  }

  async function callback(req: Request, res: Response): Promise<void> {
    try {
      const { state } = req.query;
      const transaction = transactions.take(req, res, state);
      const returnTo = states.read(transaction.state)?.returnTo ?? '/';
      await finishLogin(req, transaction, returnTo);
      loopGuard.recordLogin(req, res);
      res.redirect(303, returnTo);
    } catch (error) {
      await resumeIfLoggedIn(req, res, error).catch((failure) => {
        report({ event: 'login_failed', error: failure, req });
        throw failure;
      });
    }
  }

  async function logoutFromRoute(req: Request, res: Response): Promise<void> {
    refuseCrossSite(req, origin, origins);
    await logout(req, res);
    if (showsCertainlyNoPage(req)) res.status(204).end();
    else res.redirect(303, paths.loggedOut);
  }

  async function logout(req: Request, res: Response): Promise<void> {
    const login = logins.currentLogin(req);
    const tokens = login && logins.openTokens(login);
    if (login) logins.forget(login);
    try {
      if (login) await onLogout?.(req, { user: login.user, tokens });
    } finally {
      await logins.endSession(req);
      if (login) report({ event: 'logged_out', user: login.user, req });
      if (tokens) revoke(req, tokens);
      loopGuard.reset(req, res);
    }
  }

  function startLogin(req: Request, res: Response, returnTo: string, restarts = 0): void {
    const startedAt = Date.now();
    const state = states.create({ returnTo, startedAt, restarts });
    const { url, codeVerifier } = oauth.buildAuthorizationRequest(state);
    transactions.save(req, res, { state, codeVerifier, startedAt });
    res.redirect(303, url.href);
  }

  /** Redeems the code once, however often its callback is loaded. Later loads get the same session. */
  async function finishLogin(req: Request, transaction: LoginTransaction, returnTo: string): Promise<void> {
    const { id, state } = transaction;
    const started = await redemptions.once(id, async () => {
      const tokens = await oauth.exchangeAuthorizationCode(queryOf(req), transaction);
      const user = await completeLogin(req, { tokens, state, returnTo });
      return { sessionId: req.sessionID, user, cookieMaxAge: req.session.cookie.originalMaxAge };
    });
    if (req.sessionID === started.sessionId) return;
    if (!(await logins.joinSession(req, started))) throw new LoginError('login_unknown');
  }

  /**
   * When the member is refused, the tokens are revoked. After a transient failure, of the server or the session store, they
   * are only dropped: a server may revoke per member and app (RFC 7009, section 2.1), which would end other sessions.
   */
  async function completeLogin(
    req: Request,
    { tokens, ...details }: { tokens: TokenSet; state: string; returnTo: string },
  ): Promise<User> {
    try {
      const user = await fetchUser(tokens.accessToken);
      const replaced = await logins.startSession(req, { user, tokens, ...details });
      if (replaced) revoke(req, replaced);
      report({ event: 'login_succeeded', user, req });
      return user;
    } catch (error) {
      if (error instanceof LoginError && !isTransient(error)) revoke(req, tokens);
      throw error;
    }
  }

  /** Best effort, in the background: the session is over in any case. */
  function revoke(req: Request, tokens: TokenSet): void {
    oauth.revoke(tokens).catch((error) => report({ event: 'revocation_failed', error, req }));
  }

  /**
   * Handles the back button, a reload, or a tab that another one overtook: a user who is logged in is redirected to where
   * that login led. It never changes who is logged in. Every other failure is thrown.
   */
  async function resumeIfLoggedIn(req: Request, res: Response, error: unknown): Promise<void> {
    if (!(error instanceof LoginError)) throw error;
    const { state } = req.query;
    const attempt = states.read(state);
    const returnTo = await returnToOf(req, attempt);
    error.returnTo ??= returnTo;
    if (staleResponseReasons.has(error.reason)) {
      if (logins.currentLogin(req)) return res.redirect(303, returnTo ?? '/');
      if (attempt && lostCookieReasons.has(error.reason)) {
        if (isTooOld(attempt)) throw new LoginError('login_expired', { returnTo });
        if (await isLoggingIn(req)) return res.redirect(303, attempt.returnTo);
        if (transactions.pending(req).length > 0 && attempt.restarts < maxRestarts) {
          await sleep(attempt.restarts * restartDelay);
          return startLogin(req, res, attempt.returnTo, attempt.restarts + 1);
        }
      }
    }
    throw error;
  }

  /** Where this login led, or would have led. Undefined when another member did that login in this browser. */
  async function returnToOf(req: Request, attempt: LoginState | undefined): Promise<string | undefined> {
    const { state } = req.query;
    const user = logins.currentLogin(req)?.user;
    const started = await redemptions.find(loginIdOf(String(state)))?.catch(() => undefined);
    if (started && user && !isSameMember(started.user, user)) return undefined;
    return completedLoginReturnTo(req, state) ?? attempt?.returnTo;
  }

  /** Whether another tab of this browser has just logged in. Waits for one that is doing so. */
  async function isLoggingIn(req: Request): Promise<boolean> {
    const runs = transactions.pending(req).map((id) => redemptions.find(id) ?? Promise.reject());
    return Promise.any(runs).then(
      () => true,
      () => false,
    );
  }
}

const lostCookieReasons: ReadonlySet<string> = new Set(['cookies_missing', 'login_unknown']);

const staleResponseReasons: ReadonlySet<string> = new Set([
  ...lostCookieReasons,
  'login_expired',
  'code_rejected',
  'token_request_rejected',
]);

/** When the callback shares its path with a home page, a request without a response (RFC 6749, 4.1.2) is for that page. */
function onlyAuthorizationResponses({ query }: Request, _res: Response, next: NextFunction): void {
  next(['code', 'error', 'state', 'iss'].some((name) => name in query) ? undefined : 'router');
}

function queryOf({ originalUrl }: Request): string {
  const start = originalUrl.indexOf('?');
  return start < 0 ? '' : originalUrl.slice(start);
}

function noStore(_req: Request, res: Response, next: NextFunction): void {
  res.set('Cache-Control', 'no-store');
  next();
}

/** The path is compared by `onPath`, with the prefix that this router is mounted under. */
const anyPath = /.*/;

/** Skips the route unless the request is for exactly this path. */
function onPath(path: string | false): RequestHandler {
  return (req, _res, next) => next(req.baseUrl + req.path === path ? undefined : 'route');
}
