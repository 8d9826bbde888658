import type { Request, Response } from 'express';
import { issueCode } from '../grants.ts';
import { baseUrl } from '../http/same-origin.ts';
import type { Member } from '../model.ts';
import type { SandboxStore } from '../store.ts';
import type { AuthorizationRequest, ReturnAddress } from './authorization-request.ts';

/** Sends the browser back with a fresh code for this member: RFC 6749, section 4.1.2. */
export function returnCode(
  store: SandboxStore,
  {
    req,
    res,
    request,
    member,
  }: { req: Request; res: Response; request: AuthorizationRequest; member: Member },
): void {
  const { client, scope, redirectUri, codeChallenge } = request;
  member.lastSeen = store.clock.now();
  const code = issueCode(store, {
    clientId: client.id,
    memberId: member.id,
    scope,
    redirectUri,
    codeChallenge,
  });
  returnToApp(store, { req, res, returnAddress: request, answer: { code } });
}

/** Sends the browser back with an error: RFC 6749, section 4.1.2.1. */
export function returnError(
  store: SandboxStore,
  context: { req: Request; res: Response; returnAddress: ReturnAddress; error: string; description: string },
): void {
  const { error, description, ...rest } = context;
  returnToApp(store, { ...rest, answer: { error, error_description: description } });
}

function returnToApp(
  store: SandboxStore,
  context: { req: Request; res: Response; returnAddress: ReturnAddress; answer: Record<string, string> },
): void {
  const { req, res, returnAddress, answer } = context;
  const parameters = new URLSearchParams(answer);
  if (returnAddress.state !== undefined) parameters.set('state', returnAddress.state);
  if (store.switches.iss === 'right') parameters.set('iss', baseUrl(req));
  if (store.switches.iss === 'wrong') parameters.set('iss', 'https://login.attacker.example');
  // A registered redirect URI has neither query nor fragment, so this keeps it as it is, character for character.
  const location = `${returnAddress.redirectUri}?${parameters}`;
  res
    .status(req.method === 'POST' ? 303 : 302)
    .set({ Location: location, 'Cache-Control': 'no-store' })
    .end();
}
