import type { Request } from 'express';
import { bodyText, hasMediaType, isUtf8, repeatedNames, withoutEmpty } from '../http/body.ts';
import { OAuthError } from './oauth-error.ts';

/** The form parameters that have a value. Throws `OAuthError` when the body is no form or names a parameter twice. */
export function readForm(req: Request): URLSearchParams {
  if (!hasMediaType(req, 'application/x-www-form-urlencoded')) {
    throw new OAuthError(
      'invalid_request',
      'Send the parameters as application/x-www-form-urlencoded in the body.',
    );
  }
  if (!isUtf8(req)) throw new OAuthError('invalid_request', 'Send the form in UTF-8.');
  const form = withoutEmpty(new URLSearchParams(bodyText(req)));
  const repeated = repeatedNames(form);
  if (repeated.length > 0)
    throw new OAuthError('invalid_request', `Sent more than once: ${repeated.join(', ')}.`);
  return form;
}
