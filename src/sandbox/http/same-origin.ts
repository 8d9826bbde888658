import type { RequestHandler } from 'express';
import { baseUrl } from './base-url.ts';

/**
 * Lets a change through when it comes from one of the sandbox's own pages or from a program, never from another web
 * site: browsers say so in `Sec-Fetch-Site`, older ones only in `Origin`, programs in neither. A proxy may change `Origin`:
 * that of GitHub Codespaces does.
 */
export const sameOriginChanges: RequestHandler = (req, res, next) => {
  if (req.method === 'GET' || req.method === 'HEAD') return next();
  const { origin, 'sec-fetch-site': site } = req.headers;
  const ours =
    site === undefined
      ? origin === undefined || origin === baseUrl(req)
      : site === 'same-origin' || site === 'none';
  if (ours) return next();
  res
    .status(403)
    .json({ error: 'foreign_origin', message: 'The sandbox takes changes from its own pages only.' });
};
