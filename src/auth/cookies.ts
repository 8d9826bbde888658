import { parseCookie } from 'cookie';
import type { Request } from 'express';

/** The cookies of a request by name; none when the header is missing. */
export function readCookies(req: Request): Record<string, string | undefined> {
  return req.headers.cookie ? parseCookie(req.headers.cookie) : {};
}
