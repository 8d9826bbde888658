import type { Request } from 'express';
import { queryOf } from '../http/body.ts';
import { unsupportedParameter } from './rest-error.ts';

/**
 * One page of a collection as LaunchDarkly's API gives it: `limit` (default 20) items from `offset`, with links. Throws
 * `RestError` 400 for a parameter of `unsupported`, which the sandbox would have to ignore.
 */
export function pageOf<T>(req: Request, items: readonly T[], unsupported: readonly string[]) {
  const query = queryOf(req);
  const refused = unsupported.find((name) => query.get(name));
  if (refused) throw unsupportedParameter(refused);
  const limit = readCount(query.get('limit'), 20);
  const offset = readCount(query.get('offset'), 0);
  const [path] = req.originalUrl.split('?');
  const next = { href: `${path}?limit=${limit}&offset=${offset + limit}`, type: 'application/json' };
  return {
    _links: {
      self: { href: req.originalUrl, type: 'application/json' },
      ...(offset + limit < items.length ? { next } : {}),
    },
    items: items.slice(offset, offset + limit),
    totalCount: items.length,
  };
}

function readCount(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,6}$/.test(text) && (otherwise === 0 || Number(text) > 0)
    ? Number(text)
    : otherwise;
}
