import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { LiveLogin } from './live-login.ts';
import { LoginError } from './login-error.ts';
import type { LoginRounds } from './login-rounds.ts';
import { redirect } from './redirect.ts';

/**
 * Lets a request pass when somebody is logged in. A person is sent to log in and comes back to the very URL; an API
 * request fails with `LoginError('login_required')`.
 */
export function createRequireLogin(options: {
  liveLogin: LiveLogin;
  rounds: LoginRounds;
  loginPath: string;
}): RequestHandler {
  const { liveLogin, rounds, loginPath } = options;

  return async function requireLogin(req: Request, res: Response, next: NextFunction): Promise<void> {
    res.set('Cache-Control', 'no-store');
    if (await liveLogin.ensure(req)) {
      rounds.forget(req, res);
      return next();
    }
    if (!isPageVisit(req)) throw new LoginError('login_required');
    rounds.stopLoop(req, res);
    redirect(res, `${loginPath}?returnTo=${encodeURIComponent(req.originalUrl)}`);
  };
}

/** A person looking at a page: not a path under `/api/`, not a form, and an answer in HTML is welcome. */
function isPageVisit(req: Request): boolean {
  const reads = req.method === 'GET' || req.method === 'HEAD';
  return reads && !req.originalUrl.startsWith('/api/') && req.accepts('html') !== false;
}
