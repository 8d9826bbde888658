import type { Request, Response } from 'express';
import { cookieOptions, readCookies } from './cookies.ts';
import { LoginError } from './login-error.ts';

/**
 * Notices a login that succeeds again and again while the next page knows nobody, because the session does not stick:
 * without this, browser and authorization server would redirect each other for ever.
 */
export interface LoginRounds {
  /** A login succeeded. */
  count(req: Request, res: Response): void;
  /** Nobody is logged in. Throws `LoginError('login_loop')` when two logins have just succeeded. */
  stopLoop(req: Request, res: Response): void;
  /** The session sticks, or has ended on purpose. */
  forget(req: Request, res: Response): void;
}

const most = 2;
const memory = 60_000;

/**
 * Counts in a cookie of the browser, for a minute after each login: the server stores nothing.
 * @param secure whether the cookie is sent over https only.
 */
export function createLoginRounds({ cookieName, secure }: { cookieName: string; secure: boolean }): LoginRounds {
  const attributes = cookieOptions(secure);

  return {
    count(req, res) {
      res.cookie(cookieName, String(counted(req) + 1), { ...attributes, maxAge: memory });
    },
    stopLoop(req, res) {
      if (counted(req) < most) return;
      res.clearCookie(cookieName, attributes);
      throw new LoginError('login_loop');
    },
    forget(req, res) {
      if (cookieName in readCookies(req)) res.clearCookie(cookieName, attributes);
    },
  };

  function counted(req: Request): number {
    const value = readCookies(req)[cookieName] ?? '';
    return /^\d$/.test(value) ? Number(value) : 0;
  }
}
