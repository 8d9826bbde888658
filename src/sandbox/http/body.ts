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

/** Whether the body says that it is in UTF-8, or says nothing about it. ASCII is a part of UTF-8. */
export function isUtf8(req: Request): boolean {
  const charset = /;\s*charset\s*=\s*"?([^\s;"]*)/i.exec(req.headers['content-type'] ?? '')?.[1];
  return charset === undefined || /^(utf-?8|us-ascii)$/i.test(charset);
}

/** The parameters that have a value: RFC 6749, sections 3.1 and 3.2, has the others treated as if they were omitted. */
export function withoutEmpty(parameters: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...parameters].filter(([, value]) => value !== ''));
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
