import { parseCookie } from 'cookie';
import type { CookieOptions, Request } from 'express';

/**
 * The cookies of a request by name, values decoded. Only spaces and tabs around a name are removed (RFC 6265, section
 * 4.2.1): a browser keeps other sites from setting `__Host-…`, but not `\xA0__Host-…`. The first of several of one
 * name counts.
 */
export function readCookies({ headers }: Request): Partial<Record<string, string>> {
  return parseCookie(headers.cookie ?? '');
}

/**
 * Options for `res.cookie` and `res.clearCookie`: for the whole site, HttpOnly and SameSite=Lax.
 * @param secure whether the cookie is sent over https only.
 */
export function cookieOptions(secure: boolean): CookieOptions {
  return { path: '/', httpOnly: true, secure, sameSite: 'lax' };
}
