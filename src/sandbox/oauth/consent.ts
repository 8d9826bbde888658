import type { RequestHandler } from 'express';
import { withFaults } from '../faults/fault-injection.ts';
import { bodyText } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import type { Member } from '../model.ts';
import { consentPage } from '../pages/consent-page.ts';
import { outsiderPage } from '../pages/outsider-page.ts';
import type { SandboxStore } from '../store.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import {
  AuthorizationError,
  readAuthorizationRequest,
  UntrustedRequestError,
} from './authorization-request.ts';
import { returnCode } from './authorization-response.ts';
import { mayUse } from './members-at-login.ts';
import { hasConsented, noteConsent } from './remembered.ts';

/** What comes once it is known who is there: outsiders are refused, the others are asked for consent, once or always. */
export function afterLogin(
  store: SandboxStore,
  request: AuthorizationRequest,
  member: Member,
): RequestHandler {
  return (req, res, next) => {
    if (!mayUse(store, request.client, member)) return refuseOutsider(store, request, member)(req, res, next);
    if (hasConsented(store, request, member)) {
      return withFaults(store, 'consent', returnCode(request, member))(req, res, next);
    }
    sendPage(res, 200, consentPage(store, request, member));
  };
}

/** `POST /trust/oauth/consent`: the member pressed "Authorize" or "Cancel"; the browser goes back to the app. */
export function consent(store: SandboxStore): RequestHandler {
  return (req, res, next) => {
    const form = new URLSearchParams(bodyText(req));
    const request = readAuthorizationRequest(store, new URLSearchParams(form.get('request') ?? ''));
    if (form.get('decision') === 'cancel') {
      throw new AuthorizationError(request, 'access_denied', 'The member did not authorize the app.');
    }
    const member = store.members.get(form.get('member') ?? '');
    if (form.get('decision') !== 'authorize' || !member || member.removed) {
      throw new UntrustedRequestError(
        'The form is incomplete, or the member is gone. Start again from the app.',
      );
    }
    if (!mayUse(store, request.client, member)) return refuseOutsider(store, request, member)(req, res, next);
    noteConsent(store, request, member);
    withFaults(store, 'consent', returnCode(request, member))(req, res, next);
  };
}

/** Someone from another account at an unverified client: a page, or a redirect that says so. */
function refuseOutsider(store: SandboxStore, request: AuthorizationRequest, member: Member): RequestHandler {
  return (_req, res) => {
    if (store.switches.outsiderAnswer === 'redirect') {
      throw new AuthorizationError(request, 'access_denied', 'The member belongs to another account.');
    }
    sendPage(res, 403, outsiderPage(store, request, member));
  };
}
