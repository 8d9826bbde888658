import type { RequestHandler } from 'express';
import { findToken, revokeToken } from '../grants.ts';
import type { SandboxStore } from '../store.ts';
import { authenticateClient } from './client-authentication.ts';
import { readForm } from './form.ts';
import { OAuthError } from './oauth-error.ts';

/**
 * `POST /trust/oauth/revoke`, RFC 7009. What else ends with the token, the switch `revocationScope` says; a token nobody
 * knows is as good as revoked.
 */
export function revoke(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const form = readForm(req);
    const client = authenticateClient(store, req, form);
    const value = form.get('token');
    if (!value) throw new OAuthError('invalid_request', 'token is missing.');
    const token = findToken(store, value);
    if (token && store.grants.get(token.grantId)?.clientId !== client.id) {
      throw new OAuthError('invalid_grant', 'The token was issued to another client.');
    }
    if (token) revokeToken(store, token);
    res.status(200).set('Cache-Control', 'no-store').end();
  };
}
