import type { NextFunction, Request, Response } from 'express';

/**
 * Answers a browser's guess about the next click, and a HEAD request, with nothing: a login transaction or a one-time
 * code must not be spent on a page that nobody asked for.
 */
export function refusePrefetch(req: Request, res: Response, next: NextFunction): void {
  if (req.method === 'HEAD' || isPrefetch(req)) {
    res.set({ 'Cache-Control': 'no-store', Vary: 'Sec-Purpose, Purpose, X-Moz' }).status(204).end();
  } else {
    next();
  }
}

function isPrefetch({ headers }: Request): boolean {
  return [headers['sec-purpose'], headers.purpose, headers['x-moz']].some((value) =>
    /prefetch|prerender/i.test(String(value)),
  );
}
