import type { RequestHandler } from 'express';
import { withFaults } from '../faults/fault-injection.ts';
import { bodyText } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { outsiderPage } from '../pages/outsider-page.ts';
import type { SandboxStore } from '../store.ts';
import { AuthorizationError, UntrustedRequestError } from './authorization-request.ts';
import { returnCode } from './authorization-response.ts';
import { readCarriedRequest } from './login.ts';
import { mayUse } from './members-at-login.ts';

/** `POST /trust/oauth/consent`: the member pressed "Authorize" or "Cancel"; the browser goes back to the app. */
export function consent(store: SandboxStore): RequestHandler {
  return (req, res, next) => {
    const form = new URLSearchParams(bodyText(req));
    const request = readCarriedRequest(store, form);
    if (form.get('decision') === 'cancel') {
      throw new AuthorizationError(request, 'access_denied', 'The member did not authorize the app.');
    }
    const member = store.members.get(form.get('member') ?? '');
    if (form.get('decision') !== 'authorize' || !member || member.removed) {
      throw new UntrustedRequestError(
        'The form is incomplete, or the member is gone. Start again from the app.',
      );
    }
    if (mayUse(store, request.client, member)) {
      return withFaults(store, 'consent', returnCode(request, member))(req, res, next);
    }
    sendPage(res, 403, outsiderPage(store, request, member));
  };
}
