// log-in-with-launchdarkly 0.1.0, MIT License
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { LoginError } from './login-error.ts';
import type { LoginLoopGuard } from './login-loop-guard.ts';
import { forwardErrors, isPageVisit } from './navigation.ts';
import { assertSession } from './session-logins.ts';
import type { RenewalOptions } from './token-refresh.ts';
import { createRenewal } from './token-refresh.ts';
import type { Login, User } from './user-session.ts';
import { isRefreshDue, isVerificationDue, loginOf, verificationAge } from './user-session.ts';

/** What keeping a login fresh needs. */
export interface FreshLoginOptions extends RenewalOptions {
  /** Milliseconds a login may last. */
  readonly maxAge: number;
}

/** Milliseconds a request waits for a renewal before it uses the last known answer. */
const maxRenewalWaitMs = 2_500;

/** Keeps logins fresh: refreshes their tokens and asks again who the member is. */
export type FreshLogins = ReturnType<typeof createFreshLogins>;

/** @param options `maxAge` and `revalidateAfter` are milliseconds. */
export function createFreshLogins(options: FreshLoginOptions) {
  const { logins, maxAge, revalidateAfter } = options;
  const renew = createRenewal(options);

  return {
    /**
     * The login of this request, refreshed and verified when that is due; undefined when nobody is logged in. Throws
     * `LoginError` when the member may no longer enter. When the server is unavailable nothing is thrown, and existing
     * sessions stay valid.
     */
    async freshLogin(req: Request): Promise<Login | undefined> {
      assertSession(req);
      const login = logins.currentLogin(req);
      if (!login) return logins.hasEnded(req.session) ? end(req) : undefined;
      if (login.revision !== loginOf(req.session)?.revision) req.session.launchDarklyLogin = login;
      if (Date.now() - login.startedAt > maxAge) return end(req);
      const age = verificationAge(login);
      if (isRefreshDue(login) || age >= revalidateAfter) return waitForRenewal(req, login);
      if (isVerificationDue(login, revalidateAfter)) renewInBackground(req);
      return login;
    },

    /**
     * Runs `task` with the access token. When that fails with `status` 401, refreshes the token and runs it once more; a
     * second 401 ends the session. Throws `LoginError`: `login_required` when nobody is logged in, `provider_failed` when
     * the token cannot be refreshed now, another reason when the member may no longer enter. Rejects with what `task` or
     * the session store throws.
     */
    async withAccessToken<T>(req: Request, task: (accessToken: string) => Promise<T>): Promise<T> {
      const used = accessToken(req);
      try {
        return await task(used);
      } catch (error) {
        if (!isUnauthorized(error)) throw error;
      }
      const login = await endIfRefused(req, renew(req.sessionStore, req.sessionID, used).outcome);
      if (!login) return refuse(req);
      req.session.launchDarklyLogin = login;
      const fresh = accessToken(req);
      if (fresh === used) throw new LoginError('provider_failed');
      return task(fresh).catch((error) => (isUnauthorized(error) ? refuse(req) : Promise.reject(error)));
    },
  };

  function accessToken(req: Request): string {
    const login = logins.currentLogin(req);
    const tokens = login && logins.openTokens(login);
    if (!tokens) throw new LoginError('login_required');
    return tokens.accessToken;
  }

  async function waitForRenewal(req: Request, login: Login): Promise<Login | undefined> {
    const { outcome, startedAt } = renew(req.sessionStore, req.sessionID);
    const left = Math.min(startedAt + maxRenewalWaitMs - Date.now(), maxRenewalWaitMs);
    const renewed = await endIfRefused(req, Promise.race([outcome, after(left, login)]));
    if (!renewed) return end(req);
    if (renewed.revision > login.revision) req.session.launchDarklyLogin = renewed;
    return renewed;
  }

  /** The next request sees the result; the renewal itself reports what fails. */
  function renewInBackground(req: Request): void {
    renew(req.sessionStore, req.sessionID).outcome.catch(() => {});
  }

  /** A renewal that rejects with a `LoginError` has ended the session. */
  function endIfRefused<T>(req: Request, renewal: Promise<T>): Promise<T> {
    return renewal.catch(async (error) => {
      if (error instanceof LoginError) await end(req);
      throw error;
    });
  }

  async function end(req: Request): Promise<undefined> {
    await logins.endSession(req);
  }

  async function refuse(req: Request): Promise<never> {
    const login = logins.currentLogin(req);
    if (login) logins.forget(login);
    await logins.endSession(req);
    throw new LoginError('login_required');
  }
}

/**
 * Middleware that lets a request pass when a user is logged in. A page visit is redirected to log in and returns to the
 * same URL afterwards; any other request fails with `LoginError('login_required')`.
 */
export function createRequireLogin<U extends User>(options: {
  freshLogin: FreshLogins['freshLogin'];
  loopGuard: LoginLoopGuard;
  /** Without one, a page visit fails like any other request. */
  loginPath: string | false;
}) {
  const { freshLogin, loopGuard, loginPath } = options;
  const requireAny = requireWhen(() => true);

  function requireLogin(options: { when: (user: U) => boolean }): RequestHandler;
  function requireLogin(req: Request, res: Response, next: NextFunction): void;
  function requireLogin(first: Request | { when: (user: U) => boolean }, res?: Response, next?: NextFunction) {
    if ('when' in first) return requireWhen(first.when);
    return res && next && requireAny(first, res, next);
  }
  return requireLogin;

  function requireWhen(isAllowed: (user: U) => boolean): RequestHandler {
    return forwardErrors(async (req, res, next) => {
      res.set('Cache-Control', 'no-store');
      const login = await freshLogin(req);
      if (login) {
        loopGuard.reset(req, res);
        if (!isAllowed(login.user as U)) throw new LoginError('role_not_allowed');
        return next();
      }
      if (!loginPath || req.originalUrl.startsWith('/api/') || !isPageVisit(req))
        throw new LoginError('login_required');
      loopGuard.assertNoLoop(req, res);
      res.redirect(303, `${loginPath}?returnTo=${encodeURIComponent(req.originalUrl)}`);
    });
  }
}

/**
 * Middleware that refreshes and verifies a login like `requireLogin`, but lets every request pass. When the member may no
 * longer enter, nobody is logged in afterwards. Errors of the session store go to `next`.
 */
export function createLoadLogin(freshLogin: FreshLogins['freshLogin']): RequestHandler {
  return forwardErrors(async function loadLogin(req, _res, next) {
    await freshLogin(req).catch((error) => {
      if (!(error instanceof LoginError)) throw error;
    });
    next();
  });
}

function isUnauthorized(error: unknown): boolean {
  return (error as { status?: unknown } | undefined)?.status === 401;
}

function after<T>(milliseconds: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds), value).unref());
}
