import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { LiveLogin } from './fresh-login.ts';
import { LoginError } from './login-error.ts';
import type { LoginRounds } from './login-loop-guard.ts';
import { isPageVisit } from './page-visit.ts';

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
    if (isApi(req) || !isPageVisit(req)) throw new LoginError('login_required');
    rounds.stopLoop(req, res);
    res.redirect(303, `${loginPath}?returnTo=${encodeURIComponent(req.originalUrl)}`);
  };
}

function isApi({ originalUrl }: Request): boolean {
  return originalUrl.startsWith('/api/');
}
