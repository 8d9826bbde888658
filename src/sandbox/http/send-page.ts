import type { Response } from 'express';
import type { Html } from '../pages/html.ts';

/**
 * Sends a page that runs no script and sits in no frame. There is no `form-action` on purpose: the consent form's answer
 * is a redirect to the app, which may redirect further, and browsers hold every one of those hops against that rule.
 */
export function sendPage(res: Response, status: number, page: Html): void {
  res
    .status(status)
    .set({
      'Content-Security-Policy':
        "default-src 'none'; style-src 'self'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
      'X-Content-Type-Options': 'nosniff',
      // Not `no-referrer`: with it browsers send `Origin: null` with our own forms.
      'Referrer-Policy': 'same-origin',
      'Cache-Control': 'no-store',
    })
    .type('html')
    .send(page.text);
}
