import type { ErrorRequestHandler, Response } from 'express';
import { isClientMistake } from '../http/client-mistake.ts';
import type { SandboxStore } from '../store.ts';

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

/** A description in the characters that RFC 6749, sections 4.1.2.1 and 5.2, allow; others are replaced. */
export function descriptionText(text: string): string {
  return text
    .replaceAll('"', "'")
    .replaceAll('\\', '/')
    .replace(/[^\x20-\x7e]/g, '?')
    .slice(0, 300);
}

/**
 * Sends an `OAuthError`, and what the body parser throws, as the token endpoint does: RFC 6749, section 5.2, or what the
 * switch `tokenErrors` says.
 */
export function answerOAuthError({ switches }: SandboxStore): ErrorRequestHandler {
  return (error, _req, res, next) => {
    const refusal = asOAuthError(error);
    if (!refusal) return next(error);
    const { status, message } = refusal;
    // RFC 9110, section 15.5.2: every 401 says how to authenticate.
    if (status === 401) res.set('WWW-Authenticate', 'Basic realm="LaunchDarkly sandbox"');
    if (switches.tokenErrors === 'rfc') {
      const body = { error: refusal.error, error_description: descriptionText(message) };
      return sendUncached(res, status, body);
    }
    if (switches.tokenErrors === 'rest') {
      const code = status === 401 ? 'unauthorized' : 'invalid_request';
      return sendUncached(res, status, { code, message });
    }
    res.status(status).set('Cache-Control', 'no-store');
    if (switches.tokenErrors === 'text') res.type('text').send(`${message}\n`);
    else res.end();
  };
}

function asOAuthError(error: unknown): OAuthError | undefined {
  if (error instanceof OAuthError) return error;
  if (isClientMistake(error))
    return new OAuthError('invalid_request', `The body cannot be read: ${error.message}.`);
  return undefined;
}

/** Answers with JSON that no cache may keep: RFC 6749, section 5.1. */
export function sendUncached(res: Response, status: number, body: object): void {
  res.status(status).set({ 'Cache-Control': 'no-store', Pragma: 'no-cache' }).json(body);
}
