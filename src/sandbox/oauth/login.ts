import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import type { Member } from '../model.ts';
import { accountsPage } from '../pages/accounts-page.ts';
import { consentPage } from '../pages/consent-page.ts';
import { outsiderPage } from '../pages/outsider-page.ts';
import type { SandboxStore } from '../store.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import {
  AuthorizationError,
  readAuthorizationRequest,
  UntrustedRequestError,
} from './authorization-request.ts';
import { mayUse, membershipsOf } from './members-at-login.ts';

/**
 * `GET /trust/oauth/login`: someone was picked on the sign-in page. Asks for the account when there are several, refuses
 * outsiders, and otherwise shows what the app wants.
 */
export function login(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const query = queryOf(req);
    const request = readCarriedRequest(store, query);
    const memberships = pickedMemberships(store, query);
    const [member, ...others] = memberships;
    if (!member)
      throw new UntrustedRequestError('This person is not, or no longer, a member of any account here.');
    if (others.length > 0) sendPage(res, 200, accountsPage(store, request, memberships));
    else if (mayUse(store, request.client, member)) sendPage(res, 200, consentPage(store, request, member));
    else if (store.switches.outsiderAnswer === 'page')
      sendPage(res, 403, outsiderPage(store, request, member));
    else throw new AuthorizationError(request, 'access_denied', 'The member belongs to another account.');
  };
}

/** The authorization request that the sign-in pages carry along, checked once more. */
export function readCarriedRequest(store: SandboxStore, parameters: URLSearchParams): AuthorizationRequest {
  return readAuthorizationRequest(store, new URLSearchParams(parameters.get('request') ?? ''));
}

function pickedMemberships(store: SandboxStore, query: URLSearchParams): Member[] {
  const id = query.get('member');
  if (id === null) return membershipsOf(store, query.get('email') ?? '');
  const member = store.members.get(id);
  return member && !member.removed ? [member] : [];
}
