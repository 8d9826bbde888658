import type { Request, RequestHandler } from 'express';
import express from 'express';

/** Reads every body as text, at most 64 KB, whatever type it claims: the handlers parse it, the ledger shows it. */
export const readBody: RequestHandler = express.text({ type: () => true, limit: '64kb' });

/** The text of the body; empty when there was none. */
export function bodyText(req: Request): string {
  return typeof req.body === 'string' ? req.body : '';
}

/** Whether the body says it is of this media type, whatever parameters follow. */
export function hasMediaType(req: Request, ...types: string[]): boolean {
  const type = (req.headers['content-type'] ?? '').split(';')[0] ?? '';
  return types.includes(type.trim().toLowerCase());
}

/** The body as JSON. Throws `SyntaxError` when it is none. */
export function parseJson(req: Request): unknown {
  return JSON.parse(bodyText(req));
}

/** The query parameters, repeated ones included. */
export function queryOf(req: Request): URLSearchParams {
  const start = req.originalUrl.indexOf('?');
  return new URLSearchParams(start < 0 ? '' : req.originalUrl.slice(start + 1));
}

/** The names that occur more than once: RFC 6749, section 3.1, forbids that. */
export function repeatedNames(parameters: URLSearchParams): string[] {
  const names = [...parameters.keys()];
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}
