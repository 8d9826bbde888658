import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import type { Member } from '../model.ts';
import { accountsPage } from '../pages/accounts-page.ts';
import { signInPage } from '../pages/sign-in-page.ts';
import type { SandboxStore } from '../store.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { readAuthorizationRequest, UntrustedRequestError } from './authorization-request.ts';
import { afterLogin } from './consent.ts';
import { membershipsOf } from './members-at-login.ts';
import { rememberMember } from './remembered.ts';

/**
 * `GET /trust/oauth/login`: somebody was picked on the sign-in page. Asks for the account when there are several; asks
 * who is there when nobody was picked.
 */
export function login(store: SandboxStore): RequestHandler {
  return (req, res, next) => {
    const query = queryOf(req);
    const request = readCarriedRequest(store, query);
    if (!query.has('email') && !query.has('member')) return sendPage(res, 200, signInPage(store, request));
    const memberships = pickedMemberships(store, query);
    const [member, ...others] = memberships;
    if (!member)
      throw new UntrustedRequestError('This person is not, or no longer, a member of any account here.');
    if (others.length > 0) return sendPage(res, 200, accountsPage(store, request, memberships));
    rememberMember(store, req, res, member);
    afterLogin(store, request, member)(req, res, next);
  };
}

/** The authorization request that the sign-in pages carry along, checked once more. */
function readCarriedRequest(store: SandboxStore, query: URLSearchParams): AuthorizationRequest {
  return readAuthorizationRequest(store, new URLSearchParams(query.get('request') ?? ''));
}

function pickedMemberships(store: SandboxStore, query: URLSearchParams): Member[] {
  const id = query.get('member');
  if (id === null) return membershipsOf(store, query.get('email') ?? '');
  const member = store.members.get(id);
  return member && !member.removed ? [member] : [];
}
