import type { AuthorizationCode, Grant, Member, OAuthToken } from './model.ts';
import { newId, newJwtLikeToken, newSecret, sha256 } from './secrets.ts';
import type { SandboxStore } from './store.ts';

/** Records that `memberId` allowed `clientId` these scopes and gives the authorization code for it. */
export function issueCode(
  store: SandboxStore,
  details: Pick<Grant, 'clientId' | 'memberId' | 'scope'> &
    Pick<AuthorizationCode, 'redirectUri'> & { codeChallenge: string | undefined },
): string {
  const { clientId, memberId, scope, redirectUri, codeChallenge } = details;
  const grant: Grant = { id: newId(), clientId, memberId, scope, revoked: false };
  const code = newSecret('code');
  if (store.grants.size % 500 === 499) forgetExpired(store);
  store.grants.set(grant.id, grant);
  store.codes.set(sha256(code), {
    hash: sha256(code),
    grantId: grant.id,
    redirectUri,
    ...(codeChallenge === undefined ? {} : { codeChallenge }),
    expiresAt: store.clock.now() + store.switches.codeLifetime * 1000,
    spent: false,
  });
  return code;
}

/** Issues a token that lives for `lifetime` seconds and gives it in the clear; only its fingerprint is kept. */
export function issueToken(
  store: SandboxStore,
  details: Pick<OAuthToken, 'kind' | 'grantId' | 'scope'> & { lifetime: number },
): string {
  const { lifetime, ...rest } = details;
  const { accessTokenFormat } = store.switches;
  const token =
    rest.kind === 'access' && accessTokenFormat === 'jwt' ? newJwtLikeToken() : newSecret(rest.kind);
  const hash = sha256(token);
  store.tokens.set(hash, { hash, ...rest, expiresAt: store.clock.now() + lifetime * 1000, spent: false });
  return token;
}

/** The token's record, whatever its state. */
export function findToken(store: SandboxStore, token: string): OAuthToken | undefined {
  return store.tokens.get(sha256(token));
}

/** The grant and member behind a token that is still good; `undefined` when it is spent, expired or revoked. */
export function openToken(store: SandboxStore, token: OAuthToken): OpenGrant | undefined {
  if (token.spent || token.expiresAt <= store.clock.now()) return undefined;
  return openGrant(store, token.grantId);
}

/** A grant whose member and client are still there; `undefined` when it is revoked or one of them is gone. */
export function openGrant(store: SandboxStore, grantId: string): OpenGrant | undefined {
  const grant = store.grants.get(grantId);
  const clientIsThere = grant && (store.switches.tokensOutliveClient || store.clients.has(grant.clientId));
  if (!grant || grant.revoked || !clientIsThere) return undefined;
  const member = store.members.get(grant.memberId);
  return member && !member.removed ? { grant, member } : undefined;
}

/** A grant that may be used, and who gave it. */
export interface OpenGrant {
  grant: Grant;
  member: Member;
}

/** Ends everything one authorization gave: its code and every token descended from it. */
export function revokeGrant(store: SandboxStore, grantId: string): void {
  const grant = store.grants.get(grantId);
  if (grant) grant.revoked = true;
}

/** What ends with a token that its client revokes: RFC 7009 leaves it open, so a switch decides. */
export function revokeToken(store: SandboxStore, token: OAuthToken): void {
  const { revocationScope } = store.switches;
  if (revocationScope === 'member') revokeMemberClient(store, token.grantId);
  else if (revocationScope === 'grant' && token.kind === 'refresh') revokeGrant(store, token.grantId);
  else store.tokens.delete(token.hash);
}

/** Every authorization that the member of this grant gave its client: the logins on all of their devices. */
function revokeMemberClient(store: SandboxStore, grantId: string): void {
  const { clientId, memberId } = store.grants.get(grantId) ?? {};
  for (const grant of store.grants.values()) {
    if (grant.clientId === clientId && grant.memberId === memberId) grant.revoked = true;
  }
}

/** Removes a client; what was issued to it stops working (`openGrant` asks for the client). */
export function removeClient(store: SandboxStore, clientId: string): boolean {
  return store.clients.delete(clientId);
}

/**
 * Forgets what can no longer be used, so that a long-running sandbox does not grow. A spent code stays as long as its
 * grant has anything alive: its replay must still be noticed.
 */
export function forgetExpired(store: SandboxStore): void {
  const now = store.clock.now();
  const alive = new Set<string>();
  for (const { hash, grantId, expiresAt } of store.tokens.values()) {
    if (expiresAt <= now) store.tokens.delete(hash);
    else alive.add(grantId);
  }
  for (const { hash, grantId, expiresAt } of store.codes.values()) {
    if (expiresAt > now) alive.add(grantId);
    else if (!alive.has(grantId)) store.codes.delete(hash);
  }
  for (const id of store.grants.keys()) if (!alive.has(id)) store.grants.delete(id);
}
