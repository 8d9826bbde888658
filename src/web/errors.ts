import type { ErrorRequestHandler, Request, RequestHandler } from 'express';
import { authPaths, currentUser, LoginError, showsPage } from '../auth/index.ts';
import { errorNotes } from '../flow-inspector/notes.ts';
import type { Logger } from '../logging/log.ts';
import { allowedFields } from '../logging/log-fields.ts';
import { prettyMessage } from '../logging/log-pretty.ts';
import { type FailureCode, failures } from './failures.ts';
import type { FailurePage, Render } from './views.ts';

/** A failure of the app itself; those of the login are `LoginError`s. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: FailureCode;
  /** Where the visitor was going: a path on this site. */
  readonly returnTo: string | undefined;

  constructor(code: FailureCode, { returnTo, ...options }: ErrorOptions & { returnTo?: string } = {}) {
    super(code, options);
    this.code = code;
    this.returnTo = returnTo;
  }
}

/** For requests that no route answered. */
export const notFound: RequestHandler = (_req, _res, next) => next(new AppError('not_found'));

interface ErrorHandlerOptions {
  readonly render: Render;
  readonly logger: Logger;
  /** Whether the visitor is the developer: failures of pages are then warnings, and pages say what the log says. */
  readonly local: boolean;
}

/**
 * Turns an error into an answer: a page when a browser shows it, otherwise `{"error":{"code","message"}}`. The log has
 * the same code and request ID. Messages of other errors are logged and never shown.
 */
export function createErrorHandler({ render, logger, local }: ErrorHandlerOptions): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const code = failureCode(error);
    const { status, message } = failures[code];
    const line = { event: 'request_failed', code, status, requestId: req.id, error };
    if (status >= 500) logger.error(line);
    else if (local && code !== 'not_found' && wantsPage(req)) logger.warn(line);
    else logger.info(line);
    if (res.headersSent) return next(error);
    const seconds = retryAfterSeconds(error);
    if (seconds !== undefined) res.set('Retry-After', String(seconds));
    res.status(status).set('Cache-Control', 'no-store');
    if (wantsPage(req)) res.type('html').send(failurePage(render, req, error, local ? explain(line) : undefined));
    else res.json({ error: { code, message } });
  };
}

/** What a visitor is told about an error: its stable code, a title and a sentence. */
export function describeFailure(error: unknown): { code: FailureCode; title: string; message: string } {
  const code = failureCode(error);
  const { title, message } = failures[code];
  return { code, title, message };
}

/** Errors that Express blames on the client, by a status of 4xx, are `bad_request`; all unknown ones are ours. */
function failureCode(error: unknown): FailureCode {
  if (error instanceof LoginError) return error.reason;
  if (error instanceof AppError) return error.code;
  const { code, status } = (error ?? {}) as { code?: unknown; status?: unknown };
  if (code === 'SESSION_STORE_UNAVAILABLE') return 'session_store_unavailable';
  return typeof status === 'number' && status >= 400 && status < 500 ? 'bad_request' : 'internal_error';
}

function retryAfterSeconds(error: unknown): number | undefined {
  const asked = error instanceof LoginError ? error.retryAfterSeconds : undefined;
  if (asked !== undefined) return Math.ceil(asked);
  return failures[failureCode(error)].status === 503 ? 5 : undefined;
}

/** The rule of `requireLogin`, and it includes forms. */
function wantsPage(req: Request): boolean {
  return !req.originalUrl.startsWith('/api/') && showsPage(req);
}

function failurePage(render: Render, req: Request, error: unknown, developer: FailurePage['developer']): string {
  const code = failureCode(error);
  const visitor = { user: currentUser(req), sessionUnknown: !req.session };
  if (code === 'not_found') return render('not-found', { ...visitor, path: req.path, requestId: req.id });
  const { tryAgain = true, formerCode: _, ...text } = failures[code];
  const returnTo = error instanceof LoginError || error instanceof AppError ? error.returnTo : undefined;
  const query = returnTo && returnTo !== '/' ? `?returnTo=${encodeURIComponent(returnTo)}` : '';
  return render('failure', {
    ...text,
    ...visitor,
    code,
    requestId: req.id,
    developer,
    tryAgainHref: tryAgain ? `${authPaths.login}${query}` : undefined,
    docsHref: `/troubleshooting#${code}`,
  });
}

/**
 * What a developer wants to know: the OAuth error, and the line of the log. Only a code of RFC 6749 is shown, because
 * anybody can put another text into the callback's address.
 */
function explain({ error: failure, ...fields }: { error: unknown }): FailurePage['developer'] {
  const log = prettyMessage(allowedFields(fields));
  for (let at = failure as { error?: unknown; cause?: unknown } | undefined; at; at = at.cause as typeof at)
    if (Object.hasOwn(errorNotes, String(at.error))) return { log, oauthError: String(at.error) };
  return { log };
}
