import type { Response } from 'express';

/**
 * Sends the browser on, with GET whatever it came with (303). Express's own redirect also negotiates a body that nobody
 * sees, which takes longer than building the whole authorization request.
 * @param location an absolute URL or a path, written as URLs are.
 */
export function redirect(res: Response, location: string): void {
  res.statusCode = 303;
  res.setHeader('Location', location);
  res.setHeader('Content-Length', 0);
  res.end();
}
