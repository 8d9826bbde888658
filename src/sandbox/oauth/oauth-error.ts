import type { ErrorRequestHandler, Response } from 'express';
import { isClientMistake } from '../http/client-mistake.ts';

/** A refusal in the words of RFC 6749: an error code, and a description for the developer who reads it. */
export class OAuthError extends Error {
  override readonly name = 'OAuthError';
  readonly error: string;
  readonly status: number;

  constructor(error: string, description: string, status = 400) {
    super(description);
    this.error = error;
    this.status = status;
  }
}

/** Sends an `OAuthError`, and what the body parser throws, as the token endpoint does: RFC 6749, section 5.2. */
export const answerOAuthError: ErrorRequestHandler = (error, req, res, next) => {
  if (!(error instanceof OAuthError)) {
    if (!isClientMistake(error)) return next(error);
    return sendUncached(res, error.status, { error: 'invalid_request', error_description: error.message });
  }
  if (error.status === 401 && req.headers.authorization !== undefined) {
    res.set('WWW-Authenticate', 'Basic realm="LaunchDarkly sandbox"');
  }
  sendUncached(res, error.status, { error: error.error, error_description: error.message });
};

/** Answers with JSON that no cache may keep: RFC 6749, section 5.1. */
export function sendUncached(res: Response, status: number, body: object): void {
  res.status(status).set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).json(body);
}
