import type { KeyObject } from 'node:crypto';
import { generateKeyPairSync, sign } from 'node:crypto';
import type { RequestHandler } from 'express';
import { findToken } from '../grants.ts';
import { baseUrl } from '../http/base-url.ts';
import { authenticate } from '../rest/caller.ts';
import { notFoundBecause } from '../rest/rest-error.ts';
import type { SandboxStore } from '../store.ts';
import { OAuthError, sendUncached } from './oauth-error.ts';
import { NO_OPENID_CONNECT } from './scopes.ts';
import { redeem } from './token.ts';

/*
 * OpenID Connect as LaunchDarkly's own newest sample uses it: undocumented, and absent from the metadata. Known of it are
 * the two paths, RS256, a life of about five seconds, and the form of `sub`. Everything else here is the least that the
 * standard has an ID token hold; there is no `nonce`, and no published key.
 */
const ID_TOKEN_LIFETIME = 5;

/** `POST /trust/oidc/token`: the token endpoint, with an ID token where `openid` was allowed. */
export function openIdToken(store: SandboxStore): RequestHandler {
  return (req, res) => {
    if (!store.switches.openIdConnect) throw new OAuthError('invalid_request', NO_OPENID_CONNECT, 404);
    const tokens = redeem(store, req);
    const grant = store.grants.get(findToken(store, tokens.access_token)?.grantId ?? '');
    const sub = grant?.scope.includes('openid') && subjectOf(store, grant.memberId);
    const claims = { iss: baseUrl(req), aud: grant?.clientId, sub };
    sendUncached(res, 200, { ...tokens, ...(sub ? { id_token: idToken(claims, store.clock.now()) } : {}) });
  };
}

/** `GET /trust/oidc/userinfo`. Its fields are not known: `sub` is the one that the standard requires. */
export function userInfo(store: SandboxStore): RequestHandler {
  return (req, res) => {
    if (!store.switches.openIdConnect) throw notFoundBecause(NO_OPENID_CONNECT);
    const caller = authenticate(store, req);
    res.json({ sub: subjectOf(store, caller.member?.id ?? '') });
  };
}

/** `acct/{accountID}:member/{memberID}`, as the sample's page says. */
function subjectOf({ members }: SandboxStore, memberId: string): string | undefined {
  const member = members.get(memberId);
  return member && `acct/${member.accountId}:member/${member.id}`;
}

/** A JWT signed with RS256 (RFC 7515, section 3.1). `now` in epoch milliseconds. */
function idToken(claims: object, now: number): string {
  const iat = Math.floor(now / 1000);
  const parts = [
    { alg: 'RS256', typ: 'JWT' },
    { ...claims, iat, exp: iat + ID_TOKEN_LIFETIME },
  ];
  const signed = parts.map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), signingKey()).toString('base64url')}`;
}

let key: KeyObject | undefined;

/** Made when it is first needed: making it takes a tenth of a second. */
function signingKey(): KeyObject {
  key ??= generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  return key;
}
