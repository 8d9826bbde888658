import type { Response } from 'express';

/**
 * Ends a response with a text. `res.send` and `res.json` do the same and look for an ETag, a fresh copy at the browser
 * and a charset besides, which costs more than making most of our answers: none of those may be kept.
 */
export function send(res: Response, type: 'text/html' | 'application/json', text: string): void {
  res.setHeader('Content-Type', `${type}; charset=utf-8`);
  res.setHeader('Content-Length', Buffer.byteLength(text));
  res.end(text);
}
