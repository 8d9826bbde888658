import { stringifySetCookie } from 'cookie';
import type { Request, Response } from 'express';

/**
 * The cookies of a request, name and value as they stand in the header (RFC 6265, section 4.2.1). No object by name:
 * with a name of its own for every login, V8 would keep a hidden class for each, and slow down all others.
 */
export function readCookies({ headers }: Request): (readonly [name: string, value: string])[] {
  const pairs = headers.cookie?.split(';') ?? [];
  return pairs.map((pair) => {
    const end = pair.indexOf('=');
    return [pair.slice(0, Math.max(end, 0)).trim(), pair.slice(end + 1).trim()];
  });
}

/** The cookie of that name, the first if there are several; undefined when the browser sent none. */
export function readCookie(req: Request, name: string): string | undefined {
  return readCookies(req).find(([sent]) => sent === name)?.[1];
}

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
      res.appendHeader('Set-Cookie', stringifySetCookie({ name, value: '', ...attributes, maxAge: 0 }));
    },
  };
}
