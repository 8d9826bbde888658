import type { Request, RequestHandler } from 'express';
import type { Endpoint } from '../faults/endpoints.ts';
import { bodyText, hasMediaType, repeatedNames } from '../http/body.ts';
import type { OAuthClient } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import { authenticateClient } from './client-authentication.ts';
import { redeemCode } from './code-grant.ts';
import { OAuthError, sendUncached } from './oauth-error.ts';
import { redeemRefreshToken } from './refresh-grant.ts';

/** The answer of the token endpoint: RFC 6749, section 5.1. `expires_in` in seconds. */
export interface TokenResponse {
  access_token: string;
  token_type: string;
  expires_in: number;
  refresh_token?: string;
  scope: string;
}

type GrantType = (store: SandboxStore, client: OAuthClient, form: URLSearchParams) => TokenResponse;

const GRANT_TYPES: Readonly<Record<string, GrantType>> = {
  authorization_code: redeemCode,
  refresh_token: redeemRefreshToken,
  client_credentials: refuseClientCredentials,
};

/** `POST /trust/oauth/token`: exchanges a code, or a refresh token, for tokens. */
export function token(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const form = readForm(req);
    const client = authenticateClient(store, req, form);
    const redeem = grantType(form.get('grant_type'));
    sendUncached(res, 200, redeem(store, client, form));
  };
}

/** Which of the failure menu's endpoints a token request is for. */
export function grantOf(req: Request): Endpoint {
  return new URLSearchParams(bodyText(req)).get('grant_type') === 'refresh_token' ? 'refresh' : 'token';
}

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

function grantType(name: string | null): GrantType {
  if (!name) throw new OAuthError('invalid_request', 'grant_type is missing.');
  const grant = Object.hasOwn(GRANT_TYPES, name) ? GRANT_TYPES[name] : undefined;
  if (!grant) throw new OAuthError('unsupported_grant_type', 'LaunchDarkly does not offer this grant_type.');
  return grant;
}

/** In LaunchDarkly's metadata, but only for clients that were enabled for SCIM, which the clients API cannot make. */
function refuseClientCredentials(): never {
  throw new OAuthError('unauthorized_client', 'client_credentials is for clients enabled for SCIM only.');
}
