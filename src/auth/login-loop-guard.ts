// log-in-with-launchdarkly 0.1.0, MIT License
import type { Request, Response } from 'express';
import { LoginError } from './login-error.ts';
import { cookieOptions, readCookies } from './login-transaction.ts';

/** Logins in a row, each within a minute of the last, after which the next one is not started. */
const maxLogins = 2;
const countMaxAge = 60_000;

/**
 * Stops a redirect loop. When the session does not stick, each login succeeds and the next page starts another one; the
 * browser and the authorization server would redirect each other forever.
 */
export type LoginLoopGuard = ReturnType<typeof createLoginLoopGuard>;

/**
 * Counts recent logins in a cookie; the server stores nothing.
 * @param secure whether the cookie is sent over https only.
 */
export function createLoginLoopGuard({ cookieName, secure }: { cookieName: string; secure: boolean }) {
  const attributes = cookieOptions(secure);

  return {
    /** A login succeeded. */
    recordLogin(req: Request, res: Response): void {
      res.cookie(cookieName, String(recentLogins(req) + 1), { ...attributes, maxAge: countMaxAge });
    },
    /** Call before starting a login. Throws `LoginError('login_loop')` when two have just succeeded. */
    assertNoLoop(req: Request, res: Response): void {
      if (recentLogins(req) < maxLogins) return;
      res.clearCookie(cookieName, attributes);
      throw new LoginError('login_loop');
    },
    /** The session sticks, or the user logged out. */
    reset(req: Request, res: Response): void {
      if (cookieName in readCookies(req)) res.clearCookie(cookieName, attributes);
    },
  };

  function recentLogins(req: Request): number {
    const value = readCookies(req)[cookieName] ?? '';
    return /^\d$/.test(value) ? Number(value) : 0;
  }
}
