import type { Request } from 'express';
import { findToken, openToken } from '../grants.ts';
import type { ApiToken, Member, Role } from '../model.ts';
import { covers, narrowToMember } from '../oauth/scopes.ts';
import { sha256 } from '../secrets.ts';
import type { SandboxStore } from '../store.ts';
import { forbidden, invalidAccessToken, invalidBearerToken, noUsableToken, RestError } from './rest-error.ts';

/** Who calls the REST API: an API access token, or an OAuth token that a member allowed a client to have. */
export type Caller =
  | { kind: 'api'; accountId: string; token: ApiToken; member: Member | undefined }
  | { kind: 'oauth'; accountId: string; clientId: string; scopes: string[]; member: Member };

const API_TOKEN = /^api-[0-9a-f-]{36}$/i;

/**
 * Reads the `Authorization` header: API access tokens come raw, OAuth tokens after `Bearer`. Throws `RestError` 401 with
 * the body that LaunchDarkly gives for each mistake; `noToken` is the one for no token at all, which differs by endpoint.
 */
export function authenticate(store: SandboxStore, req: Request, noToken = noUsableToken): Caller {
  const header = req.headers.authorization?.trim() ?? '';
  const bearer = /^bearer +(\S+)$/i.exec(header)?.[1];
  const loose = store.switches.looseAuthorizationHeader;
  const caller = bearer
    ? (oauthCaller(store, bearer) ?? (loose ? apiCaller(store, bearer) : undefined))
    : (apiCaller(store, header) ?? (loose ? oauthCaller(store, header) : undefined));
  if (caller) return caller;
  if (bearer) throw invalidBearerToken();
  throw API_TOKEN.test(header) ? invalidAccessToken() : noToken();
}

/**
 * Who calls to read. Throws as `authenticate` does, and `RestError` 403 for an OAuth token without `reader` or `writer`:
 * what LaunchDarkly answers then is not known, but `reader` is the scope that reads (LaunchDarkly docs: guides).
 */
export function authenticateReader(store: SandboxStore, req: Request): Caller {
  const caller = authenticate(store, req);
  if (caller.kind === 'oauth' && !covers(caller.scopes, 'reader')) throw forbidden();
  return caller;
}

function apiCaller(store: SandboxStore, value: string): Caller | undefined {
  const token = store.apiTokens.get(sha256(value));
  if (!token) return undefined;
  const member = token.memberId === undefined ? undefined : store.members.get(token.memberId);
  // Removing a member deactivates that member's personal API tokens (LaunchDarkly docs: API access tokens).
  return member?.removed ? undefined : { kind: 'api', accountId: token.accountId, token, member };
}

function oauthCaller(store: SandboxStore, value: string): Caller | undefined {
  const token = findToken(store, value);
  const open = token?.kind === 'access' ? openToken(store, token) : undefined;
  if (!token || !open) return undefined;
  const { grant, member } = open;
  // Narrowed at each call: a token shrinks when its member is downgraded.
  const scopes = narrowToMember(token.scope, member);
  return { kind: 'oauth', accountId: member.accountId, clientId: grant.clientId, scopes, member };
}

/**
 * Lets through who may administer the account: an API access token of an Admin or Owner. Throws `RestError` 403, or 401
 * where `weakTokenStatus` says so.
 */
export function requireAdmin(store: SandboxStore, caller: Caller): void {
  if (caller.kind === 'api' && isAdmin(weaker(caller.token.role, caller.member?.role))) return;
  const { code, message } = forbidden();
  throw new RestError(store.switches.weakTokenStatus, code, message);
}

/** A personal token can never do more than its member may today. */
function weaker(tokenRole: Role, memberRole: Role | undefined): Role {
  return memberRole !== undefined && !isAdmin(memberRole) ? memberRole : tokenRole;
}

function isAdmin(role: Role): boolean {
  return role === 'admin' || role === 'owner';
}
