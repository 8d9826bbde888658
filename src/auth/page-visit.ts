import type { Request } from 'express';

const pages: ReadonlySet<unknown> = new Set(['document', 'iframe', 'frame']);

/**
 * Whether a browser is about to show the answer as a page, rather than a script or an image asking for it. Browsers say
 * so in `Sec-Fetch-Dest` and `Sec-Fetch-Mode` (W3C Fetch Metadata). Without them, `Accept` has to name HTML: everything
 * that is not a browser accepts anything. (Node's own `fetch` sends a mode and no destination.)
 */
export function isPageVisit({ method, headers }: Request): boolean {
  if (method !== 'GET' && method !== 'HEAD') return false;
  const { 'sec-fetch-dest': destination, 'sec-fetch-mode': mode = 'navigate' } = headers;
  if (destination !== undefined) return mode === 'navigate' && pages.has(destination);
  return namesHtml(headers.accept);
}

/** Whether this is certainly no page visit. A program that says nothing about itself may start a login. */
export function isCertainlyNoPageVisit(req: Request): boolean {
  const saysSo = 'sec-fetch-dest' in req.headers || 'sec-fetch-mode' in req.headers;
  return saysSo ? !isPageVisit(req) : req.accepts('html') === false;
}

function namesHtml(accept = ''): boolean {
  return /(^|,)\s*text\/html\s*(;(?!\s*q=0(\.0*)?\s*(,|$))|,|$)/i.test(accept);
}
