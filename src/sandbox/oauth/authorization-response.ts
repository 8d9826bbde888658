import type { Request, RequestHandler, Response } from 'express';
import { issueCode } from '../grants.ts';
import { baseUrl } from '../http/base-url.ts';
import type { Member } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { AuthorizationError, AuthorizationRequest, ReturnAddress } from './authorization-request.ts';
import { descriptionText } from './oauth-error.ts';

/** Sends the browser back with a fresh code for this member: RFC 6749, section 4.1.2. */
export function returnCode(request: AuthorizationRequest, member: Member) {
  return (store: SandboxStore): RequestHandler =>
    (req, res) => {
      const { client, scope, redirectUri, codeChallenge } = request;
      member.lastSeen = store.clock.now();
      const grant = { clientId: client.id, memberId: member.id, scope };
      const code = issueCode(store, { ...grant, redirectUri, codeChallenge });
      returnToApp(store, { req, res, to: request, answer: { code } });
    };
}

/** Sends the browser back with an error: RFC 6749, section 4.1.2.1. */
export function returnError({ error, message, returnAddress }: AuthorizationError) {
  return (store: SandboxStore): RequestHandler =>
    (req, res) => {
      returnToApp(store, {
        req,
        res,
        to: returnAddress,
        answer: { error, error_description: descriptionText(message) },
      });
    };
}

interface Return {
  req: Request;
  res: Response;
  to: ReturnAddress;
  answer: Record<string, string>;
}

function returnToApp(store: SandboxStore, { req, res, to, answer }: Return): void {
  const parameters = new URLSearchParams(answer);
  if (to.state !== undefined) parameters.set('state', to.state);
  if (store.switches.iss === 'right') parameters.set('iss', baseUrl(req));
  if (store.switches.iss === 'wrong') parameters.set('iss', 'https://login.attacker.example');
  store.alterReturn?.(parameters);
  // A registered redirect URI has neither query nor fragment, so this keeps it as it is, character for character.
  const location = `${to.redirectUri}?${parameters}`;
  res
    .status(req.method === 'POST' ? 303 : 302)
    .set({ Location: location, 'Cache-Control': 'no-store' })
    .end();
}
