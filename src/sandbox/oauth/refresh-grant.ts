import { findToken, openToken, revokeGrant } from '../grants.ts';
import type { OAuthClient, OAuthToken } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { TokenResponse } from './issue-tokens.ts';
import { issueTokens } from './issue-tokens.ts';
import { OAuthError } from './oauth-error.ts';
import { covers, parseScope } from './scopes.ts';

/**
 * The refresh grant, RFC 6749 section 6. The switches say whether it rotates, with reuse detection (RFC 9700, section
 * 4.14), gives the same refresh token again, or none.
 */
export function redeemRefreshToken(
  store: SandboxStore,
  client: OAuthClient,
  form: URLSearchParams,
): TokenResponse {
  const { refreshAnswer, refreshTokenReuse } = store.switches;
  const value = form.get('refresh_token');
  if (value === null) throw new OAuthError('invalid_request', 'refresh_token is missing.');
  const token = findRefreshToken(store, client, value);
  if (token.spent && refreshTokenReuse !== 'accept') refuseReuse(store, token);
  const open = openToken(store, { ...token, spent: false });
  if (!open) throw new OAuthError('invalid_grant', 'The refresh token has expired or was revoked.');
  const scope = requestedScope(form.get('scope'), open.grant.scope, token.scope);
  token.spent = refreshAnswer === 'rotate';
  const response = issueTokens(store, open, { scope, refreshToken: refreshAnswer === 'rotate' });
  return refreshAnswer === 'same' ? { ...response, refresh_token: value } : response;
}

function findRefreshToken(store: SandboxStore, client: OAuthClient, value: string): OAuthToken {
  const token = findToken(store, value);
  if (token?.kind !== 'refresh' || store.grants.get(token.grantId)?.clientId !== client.id) {
    throw new OAuthError('invalid_grant', 'The refresh token is unknown.');
  }
  return token;
}

function refuseReuse(store: SandboxStore, token: OAuthToken): never {
  if (store.switches.refreshTokenReuse === 'refuse') {
    throw new OAuthError('invalid_grant', 'The refresh token was used before.');
  }
  revokeGrant(store, token.grantId);
  throw new OAuthError('invalid_grant', 'The refresh token was used before; its whole family is revoked.');
}

/** A refresh may ask for less than was allowed, or for what it was given: RFC 6749, section 6. */
function requestedScope(asked: string | null, allowed: string[], granted: string[]): string[] {
  if (asked === null) return allowed;
  const scope = parseScope(asked);
  if (scope.every((name) => covers(allowed, name) || granted.includes(name))) return scope;
  throw new OAuthError('invalid_scope', 'The scope is wider than the one that was allowed.');
}
