// log-in-with-launchdarkly 0.1.0, MIT License
import type { NextFunction, Request, RequestHandler, Response } from 'express';
import { LoginError } from './login-error.ts';

const pages: ReadonlySet<unknown> = new Set(['document', 'iframe', 'frame']);

/** Whether a browser visits a page: it could be sent to log in and come back. */
export function isPageVisit(req: Request): boolean {
  return (req.method === 'GET' || req.method === 'HEAD') && showsPage(req);
}

/**
 * Whether the browser will show the answer as a page, rather than hand it to a script or an image. Browsers say so in
 * `Sec-Fetch-Dest` and `Sec-Fetch-Mode` (W3C Fetch Metadata). Without them, `Accept` has to name HTML, because programs
 * accept anything. Node's own `fetch` sends a mode but no destination.
 */
export function showsPage({ headers }: Request): boolean {
  const { 'sec-fetch-dest': destination, 'sec-fetch-mode': mode = 'navigate' } = headers;
  if (destination !== undefined) return mode === 'navigate' && pages.has(destination);
  return /(^|,)\s*text\/html\s*(;(?!\s*q=0(\.0*)?\s*(,|$))|,|$)/i.test(headers.accept ?? '');
}

/** Whether the answer is certainly not shown as a page. A program that sends no such headers may start a login. */
export function showsCertainlyNoPage(req: Request): boolean {
  if (showsPage(req)) return false;
  return 'sec-fetch-dest' in req.headers || 'sec-fetch-mode' in req.headers || req.accepts('html') === false;
}

/** Whether the browser loads the page ahead of a click that may never come. */
export function isPrefetch({ headers }: Request): boolean {
  const { 'sec-purpose': standard = '', purpose: chromium = '', 'x-moz': firefox = '' } = headers;
  return /prefetch|prerender|preview/i.test(`${String(standard)} ${String(chromium)} ${String(firefox)}`);
}

/**
 * Middleware that refuses a prefetch and gives a HEAD request an empty answer, so that neither uses up a login
 * transaction or a one-time code. The status is 403: Chromium discards a prefetch that is not 2xx and asks again when the
 * link is clicked. It would keep a 204, and the click would then do nothing.
 */
export function refusePrefetch(req: Request, res: Response, next: NextFunction): void {
  const prefetch = isPrefetch(req);
  if (prefetch || req.method === 'HEAD') {
    res.set({ 'Cache-Control': 'no-store', Vary: 'Sec-Purpose, Purpose, X-Moz' });
    res.status(prefetch ? 403 : 204).end();
  } else {
    next();
  }
}

/**
 * Throws `LoginError('cross_site_request')` when another site made the browser send this request. Browsers say so in
 * `Sec-Fetch-Site`, older ones only in `Origin`, which is `null` when the referrer policy hides it. A request without
 * either does not come from a browser, and a SameSite=Lax cookie is not sent with another site's POST anyway.
 * @param origin this app's own origin.
 * @param origins others that may send it.
 */
export function refuseCrossSite({ headers }: Request, origin: string, origins: readonly string[]): void {
  const { 'sec-fetch-site': site, origin: from } = headers;
  if (from !== undefined && origins.includes(from)) return;
  const ours = site === undefined ? from === undefined || from === origin : site === 'same-origin' || site === 'none';
  if (!ours) throw new LoginError('cross_site_request');
}

/** Middleware that lets scripts of these origins read the answer and send cookies (Fetch standard, CORS protocol). */
export function allowOrigins(origins: readonly string[]): RequestHandler {
  return (req, res, next) => {
    const { origin, 'access-control-request-headers': requested } = req.headers;
    if (origins.length > 0) res.vary('Origin');
    if (!origin || !origins.includes(origin)) return next();
    res.set({ 'Access-Control-Allow-Origin': origin, 'Access-Control-Allow-Credentials': 'true' });
    if (req.method !== 'OPTIONS') return next();
    res.set('Access-Control-Allow-Methods', 'POST');
    if (requested) res.set('Access-Control-Allow-Headers', requested);
    res.status(204).end();
  };
}

/** Passes what a handler throws to `next`: Express 5 would do so itself, Express 4 would end the process. */
export function forwardErrors(
  handler: (req: Request, res: Response, next: NextFunction) => Promise<void>,
): RequestHandler {
  return (req, res, next) => {
    handler(req, res, next).catch(next);
  };
}
