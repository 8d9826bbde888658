import { openGrant, revokeGrant } from '../grants.ts';
import type { AuthorizationCode, OAuthClient } from '../model.ts';
import { sha256 } from '../secrets.ts';
import type { SandboxStore } from '../store.ts';
import type { TokenResponse } from './issue-tokens.ts';
import { issueTokens } from './issue-tokens.ts';
import { OAuthError } from './oauth-error.ts';
import { checkVerifier } from './pkce.ts';

/** The authorization code grant, RFC 6749 section 4.1.3. Throws `OAuthError` when the code may not be redeemed. */
export function redeemCode(store: SandboxStore, client: OAuthClient, form: URLSearchParams): TokenResponse {
  const code = findCode(store, form.get('code'));
  refuseForeignClient(store, client, code);
  refuseReplay(store, code);
  // One attempt is all a code gets: a client that fails the checks below does not get to guess again.
  code.spent = true;
  refuseExpired(store, code);
  refuseOtherRedirectUri(form.get('redirect_uri'), code);
  if (store.switches.checkPkce) checkVerifier(form.get('code_verifier'), code.codeChallenge);
  const open = openGrant(store, code.grantId);
  if (!open) throw new OAuthError('invalid_grant', 'The member or the client behind this code is gone.');
  return issueTokens(store, open);
}

function findCode(store: SandboxStore, value: string | null): AuthorizationCode {
  if (!value) throw new OAuthError('invalid_request', 'code is missing.');
  const code = store.codes.get(sha256(value));
  if (!code) throw new OAuthError('invalid_grant', 'The code is unknown.');
  return code;
}

function refuseForeignClient(store: SandboxStore, client: OAuthClient, code: AuthorizationCode): void {
  if (store.grants.get(code.grantId)?.clientId !== client.id) {
    throw new OAuthError('invalid_grant', 'The code was issued to another client.');
  }
}

/** RFC 6749, section 4.1.2: a code used twice takes the tokens of its first use with it. */
function refuseReplay(store: SandboxStore, code: AuthorizationCode): void {
  if (!code.spent) return;
  revokeGrant(store, code.grantId);
  throw new OAuthError('invalid_grant', 'The code was used before; the tokens it gave are revoked.');
}

function refuseExpired(store: SandboxStore, code: AuthorizationCode): void {
  if (code.expiresAt <= store.clock.now()) throw new OAuthError('invalid_grant', 'The code has expired.');
}

function refuseOtherRedirectUri(redirectUri: string | null, code: AuthorizationCode): void {
  if (redirectUri === null) throw new OAuthError('invalid_request', 'redirect_uri is missing.');
  if (redirectUri !== code.redirectUri) {
    throw new OAuthError(
      'invalid_grant',
      'redirect_uri is not, character for character, the one of the authorization request.',
    );
  }
}
