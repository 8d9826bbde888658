import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { authPaths, currentUser, LoginError } from '../auth/index.ts';
import type { Logger } from '../logging/log.ts';
import { AppError, type FailureCode, failures } from './failures.ts';
import type { Render } from './views.ts';

/** For requests that no route answered. */
export const notFound: RequestHandler = (_req, _res, next) => next(new AppError('not_found'));

/**
 * Turns whatever was thrown into an answer: a page for people, `{"error":{"code","message"}}` for programs. The same
 * code and request id stand in the log. What a foreign error says is logged and never shown.
 */
export function createErrorHandler({ render, logger }: { render: Render; logger: Logger }): ErrorRequestHandler {
  return (error: unknown, req, res, next) => {
    const code = failureCode(error);
    const { status } = failures[code];
    const line = { event: 'request_failed', code, status, requestId: req.id, error };
    if (status >= 500) logger.error(line);
    else logger.info(line);
    if (res.headersSent) return next(error);
    const seconds = retryAfterSeconds(error);
    if (seconds !== undefined) res.set('Retry-After', String(seconds));
    res.status(status).set('Cache-Control', 'no-store');
    if (wantsJson(req, code)) sendJson(res, code);
    else res.type('html').send(page(render, req, code, error));
  };
}

/** What a person is told about a failure: its stable code, a title and a sentence. */
export function describeFailure(error: unknown): { code: FailureCode; title: string; message: string } {
  const code = failureCode(error);
  const { title, message } = failures[code];
  return { code, title, message };
}

/** The code of a failure. Only what the client got wrong by Express's own account is its mistake; the rest is ours. */
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

/** A visitor who is not logged in and names no HTML is a program: `fetch` and curl accept anything. */
function wantsJson(req: Request, code: FailureCode): boolean {
  const named = code === 'login_required' ? /\btext\/html\b/i.test(req.get('Accept') ?? '') : true;
  return req.originalUrl.startsWith('/api/') || !req.accepts('html') || !named;
}

function sendJson(res: Response, code: FailureCode): void {
  res.json({ error: { code, message: failures[code].message } });
}

function page(render: Render, req: Request, code: FailureCode, error: unknown): string {
  const user = currentUser(req);
  if (code === 'not_found') return render('not-found', { user, path: req.path, requestId: req.id });
  const { tryAgain, formerCode: _, ...words } = failures[code];
  const returnTo = error instanceof LoginError || error instanceof AppError ? error.returnTo : undefined;
  const query = returnTo && returnTo !== '/' ? `?returnTo=${encodeURIComponent(returnTo)}` : '';
  return render('failure', {
    ...words,
    user,
    code,
    requestId: req.id,
    tryAgainHref: tryAgain ? `${authPaths.login}${query}` : undefined,
    docsHref: `/troubleshooting#${code}`,
  });
}
