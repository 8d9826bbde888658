import type { NextFunction, Request, Response } from 'express';

/**
 * Refuses a browser's guess about the next click, and answers a HEAD request with nothing: a login transaction or a
 * one-time code must not be spent on a page that nobody asked for. A guess is refused with 403, because Chromium throws
 * away what is not 2xx and asks again at the real click; a 204 it keeps, and the click then leads nowhere.
 */
export function refusePrefetch(req: Request, res: Response, next: NextFunction): void {
  const guess = isPrefetch(req);
  if (guess || req.method === 'HEAD') {
    res.set({ 'Cache-Control': 'no-store', Vary: 'Sec-Purpose, Purpose, X-Moz' });
    res.status(guess ? 403 : 204).end();
  } else {
    next();
  }
}

function isPrefetch({ headers }: Request): boolean {
  const { 'sec-purpose': standard = '', purpose: chromium = '', 'x-moz': firefox = '' } = headers;
  return /prefetch|prerender/i.test(`${standard} ${chromium} ${firefox}`);
}
