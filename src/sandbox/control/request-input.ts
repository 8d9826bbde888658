import type { Request, Response } from 'express';
import { bodyText, hasMediaType, parseJson } from '../http/body.ts';
import { SandboxError } from '../sandbox-error.ts';

/** Whether a form of our own pages was sent, and not a program's JSON. */
export function isForm(req: Request): boolean {
  return hasMediaType(req, 'application/x-www-form-urlencoded') && req.method === 'POST';
}

/** The fields of a form. */
export function readFields(req: Request): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(bodyText(req)));
}

/** The JSON object in the body; empty when there is none. Throws `SandboxError` for anything else. */
export function readObject(req: Request): Record<string, unknown> {
  if (bodyText(req).trim() === '') return {};
  const value = parse(req);
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value };
  throw new SandboxError('Send a JSON object.');
}

/** Whether a browser asks, and wants a page. */
export function wantsPage(req: Request): boolean {
  return req.accepts(['json', 'html']) === 'html';
}

/** Shows a page after a form was sent, so that a reload does not send it twice. `notice` says what it is to report. */
export function backTo(res: Response, path: string, notice: Record<string, string>): void {
  res.redirect(303, `${path}?${new URLSearchParams(notice)}`);
}

function parse(req: Request): unknown {
  try {
    return parseJson(req);
  } catch {
    throw new SandboxError('The body is no JSON.');
  }
}
