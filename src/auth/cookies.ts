import { parseCookie, stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';

/** The cookies of a request by name; none when the header is missing. */
export function readCookies(req: Request): Record<string, string | undefined> {
  return req.headers.cookie ? parseCookie(req.headers.cookie) : {};
}

const longAgo = new Date(0);

/** Sets cookies of one kind, and takes them away. */
export interface CookieJar {
  /** @param lifetime how long the browser keeps it, in milliseconds. */
  set(res: Response, name: string, value: string, lifetime: number): void;
  clear(res: Response, name: string): void;
}

/**
 * Cookies for the whole site, HttpOnly and SameSite=Lax. Express's own `res.cookie` does the same at several times the cost.
 * @param secure whether they travel over https alone.
 */
export function createCookieJar(secure: boolean): CookieJar {
  const attributes = { path: '/', httpOnly: true, secure, sameSite: 'lax' } as const;
  return {
    set(res, name, value, lifetime) {
      res.appendHeader(
        'Set-Cookie',
        stringifySetCookie({ name, value, ...attributes, maxAge: lifetime / 1000 }),
      );
    },
    clear(res, name) {
      res.appendHeader(
        'Set-Cookie',
        stringifySetCookie({ name, value: '', ...attributes, expires: longAgo }),
      );
    },
  };
}
