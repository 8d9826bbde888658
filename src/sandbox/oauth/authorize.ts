import type { ErrorRequestHandler, Request, RequestHandler, Response } from 'express';
import { withFaults } from '../faults/fault-injection.ts';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import type { Member } from '../model.ts';
import { refusedRequestPage } from '../pages/refused-request-page.ts';
import { signInPage } from '../pages/sign-in-page.ts';
import type { SandboxStore } from '../store.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import {
  AuthorizationError,
  readAuthorizationRequest,
  UntrustedRequestError,
} from './authorization-request.ts';
import { returnCode, returnError } from './authorization-response.ts';
import { afterLogin } from './consent.ts';
import { mayUse, membershipsOf } from './members-at-login.ts';
import { rememberedMember } from './remembered.ts';

/**
 * `GET /trust/oauth/authorize`: checks the request, then asks who is there, unless the browser is remembered. With
 * `--auto-approve`, a `login_hint` that names a member who may enter is answered at once.
 */
export function authorize(store: SandboxStore): RequestHandler {
  return (req, res, next) => {
    const request = readAuthorizationRequest(store, queryOf(req));
    const member = store.autoApprove ? hintedMember(store, request) : undefined;
    if (member) return withFaults(store, 'consent', returnCode(request, member))(req, res, next);
    const remembered = rememberedMember(store, req);
    if (remembered) return afterLogin(store, request, remembered)(req, res, next);
    sendPage(res, 200, signInPage(store, request));
  };
}

function hintedMember(store: SandboxStore, request: AuthorizationRequest): Member | undefined {
  const memberships = request.loginHint === undefined ? [] : membershipsOf(store, request.loginHint);
  return memberships.find((member) => mayUse(store, request.client, member));
}

/** Answers what `readAuthorizationRequest` throws: a page when the request is not to be trusted, else a redirect. */
export function answerAuthorizationError(store: SandboxStore): ErrorRequestHandler {
  return (error, req: Request, res: Response, next) => {
    if (error instanceof UntrustedRequestError) {
      sendPage(res, 400, refusedRequestPage(error.message));
    } else if (error instanceof AuthorizationError) {
      returnError(error)(store)(req, res, next);
    } else next(error);
  };
}
