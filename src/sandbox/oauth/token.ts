import type { Request, RequestHandler } from 'express';
import type { Endpoint } from '../faults/endpoints.ts';
import { bodyText } from '../http/body.ts';
import type { OAuthClient } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import { authenticateClient } from './client-authentication.ts';
import { redeemCode } from './code-grant.ts';
import { readForm } from './form.ts';
import type { TokenResponse } from './issue-tokens.ts';
import { OAuthError, sendUncached } from './oauth-error.ts';
import { redeemRefreshToken } from './refresh-grant.ts';

type GrantType = (store: SandboxStore, client: OAuthClient, form: URLSearchParams) => TokenResponse;

const GRANT_TYPES: Readonly<Record<string, GrantType>> = {
  authorization_code: redeemCode,
  refresh_token: redeemRefreshToken,
  client_credentials: refuseClientCredentials,
};

/** `POST /trust/oauth/token`: exchanges a code, or a refresh token, for tokens. */
export function token(store: SandboxStore): RequestHandler {
  return (req, res) => sendUncached(res, 200, redeem(store, req));
}

/**
 * `POST /trust/oauth/register/dcr`, which the metadata names: LaunchDarkly registers MCP clients there, which an app's login
 * is not.
 */
export const refuseDynamicRegistration: RequestHandler = () => {
  throw new OAuthError(
    'invalid_request',
    'The sandbox has no dynamic client registration. Register with POST /api/v2/oauth/clients.',
    404,
  );
};

/** The tokens that a token request is to get. Throws `OAuthError`. */
export function redeem(store: SandboxStore, req: Request): TokenResponse {
  const form = readForm(req);
  const client = authenticateClient(store, req, form);
  return grantType(form.get('grant_type'))(store, client, form);
}

/** Which of the failure menu's endpoints a token request is for. */
export function grantOf(req: Request): Endpoint {
  return new URLSearchParams(bodyText(req)).get('grant_type') === 'refresh_token' ? 'refresh' : 'token';
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
