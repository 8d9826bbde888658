import type { Request } from 'express';
import { bodyText, hasMediaType, repeatedNames } from '../http/body.ts';
import { OAuthError } from './oauth-error.ts';

/** The form parameters. Throws `OAuthError` when the body is no form or names a parameter twice. */
export function readForm(req: Request): URLSearchParams {
  if (!hasMediaType(req, 'application/x-www-form-urlencoded')) {
    throw new OAuthError(
      'invalid_request',
      'Send the parameters as application/x-www-form-urlencoded in the body.',
    );
  }
  const form = new URLSearchParams(bodyText(req));
  const repeated = repeatedNames(form);
  if (repeated.length > 0)
    throw new OAuthError('invalid_request', `Sent more than once: ${repeated.join(', ')}.`);
  return form;
}
