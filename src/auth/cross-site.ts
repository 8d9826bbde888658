import type { Request } from 'express';
import { LoginError } from './login-error.ts';

/**
 * Throws `LoginError('cross_site_request')` when another site made the browser send this request. Browsers say so in
 * `Sec-Fetch-Site`; older ones only in `Origin`, which is `null` when the referrer policy hides it. A request without
 * either comes from no browser, and a SameSite=Lax cookie does not travel with a foreign site's POST anyway.
 * @param origin this app's own origin.
 */
export function refuseCrossSite(req: Request, origin: string): void {
  const site = req.headers['sec-fetch-site'];
  const from = req.headers.origin;
  const ours = site === undefined ? from === undefined || from === origin : site === 'same-origin' || site === 'none';
  if (!ours) throw new LoginError('cross_site_request');
}
