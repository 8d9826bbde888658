import type { OpenGrant } from '../grants.ts';
import { issueToken } from '../grants.ts';
import type { SandboxStore } from '../store.ts';
import { narrowToMember } from './scopes.ts';
import type { TokenResponse } from './token.ts';

/**
 * Issues an access token for `scope` (all of the grant's when left out), and a refresh token unless `refreshToken` is
 * false or the switches keep it back.
 */
export function issueTokens(
  store: SandboxStore,
  { grant, member }: OpenGrant,
  { scope = grant.scope, refreshToken = true } = {},
): TokenResponse {
  const { accessTokenLifetime, refreshTokenLifetime } = store.switches;
  const granted = narrowToMember(grantable(store, scope), member);
  const token = { grantId: grant.id, scope: granted };
  return {
    access_token: issueToken(store, { ...token, kind: 'access', lifetime: accessTokenLifetime }),
    token_type: 'bearer',
    expires_in: accessTokenLifetime,
    ...(refreshToken && mayRefresh(store, grant.scope)
      ? { refresh_token: issueToken(store, { ...token, kind: 'refresh', lifetime: refreshTokenLifetime }) }
      : {}),
    scope: granted.join(' '),
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
