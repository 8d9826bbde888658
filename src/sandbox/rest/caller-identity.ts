import type { RequestHandler } from 'express';
import type { SandboxStore } from '../store.ts';
import type { Caller } from './caller.ts';
import { authenticate } from './caller.ts';
import { noUsableTokenAtCallerIdentity } from './rest-error.ts';

/** `GET /api/v2/caller-identity`: whose token this is. It works for every token that is good at all. */
export function getCallerIdentity(store: SandboxStore): RequestHandler {
  return (req, res) => {
    res.json(callerIdentityRep(authenticate(store, req, noUsableTokenAtCallerIdentity)));
  };
}

/** Every field is optional; the values of `authKind` and `tokenKind` for OAuth tokens are not published. */
function callerIdentityRep(caller: Caller) {
  if (caller.kind === 'oauth') {
    const { accountId, clientId, scopes, member } = caller;
    return {
      accountId,
      authKind: 'oauth',
      tokenKind: 'oauth',
      clientId,
      memberId: member.id,
      serviceToken: false,
      scopes,
    };
  }
  const { accountId, token } = caller;
  return {
    accountId,
    authKind: 'token',
    tokenKind: token.memberId === undefined ? 'server' : 'personal',
    tokenName: token.name,
    tokenId: token.id,
    ...(token.memberId === undefined ? {} : { memberId: token.memberId }),
    serviceToken: token.memberId === undefined,
  };
}
