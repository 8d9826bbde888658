import type { OpenGrant } from '../grants.ts';
import { issueToken } from '../grants.ts';
import type { SandboxStore } from '../store.ts';
import { narrowToMember } from './scopes.ts';

/** The answer of the token endpoint: RFC 6749, section 5.1. `expires_in` in seconds. */
export interface TokenResponse {
  access_token: string;
  token_type: string;
  expires_in?: number;
  refresh_token?: string;
  scope?: string;
}

/**
 * Issues an access token for `scope` (all of the grant's when left out), and a refresh token unless `refreshToken` is
 * false or the switches keep it back.
 */
export function issueTokens(
  store: SandboxStore,
  { grant, member }: OpenGrant,
  { scope = grant.scope, refreshToken = true } = {},
): TokenResponse {
  const { accessTokenLifetime, refreshTokenLifetime, returnScope, returnExpiresIn } = store.switches;
  const granted = narrowToMember(grantable(store, scope), member);
  const token = { grantId: grant.id, scope: granted };
  return {
    access_token: issueToken(store, { ...token, kind: 'access', lifetime: accessTokenLifetime }),
    token_type: 'bearer',
    ...(returnExpiresIn ? { expires_in: accessTokenLifetime } : {}),
    ...(refreshToken && mayRefresh(store, grant.scope)
      ? { refresh_token: issueToken(store, { ...token, kind: 'refresh', lifetime: refreshTokenLifetime }) }
      : {}),
    ...(returnScope ? { scope: granted.join(' ') } : {}),
  };
}

function grantable({ switches }: SandboxStore, scope: string[]): string[] {
  if (switches.grantedScope === 'none') return [];
  return switches.grantedScope === 'reader' ? ['reader'] : scope;
}

function mayRefresh({ switches }: SandboxStore, scope: string[]): boolean {
  if (switches.refreshTokens === 'offline_access') return scope.includes('offline_access');
  return switches.refreshTokens === 'always';
}
