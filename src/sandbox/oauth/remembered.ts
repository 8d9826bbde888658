import type { Request, Response } from 'express';
import { baseUrl } from '../http/base-url.ts';
import type { Member } from '../model.ts';
import { newSecret, sha256 } from '../secrets.ts';
import type { SandboxStore } from '../store.ts';
import type { AuthorizationRequest } from './authorization-request.ts';
import { covers } from './scopes.ts';

/** Who is logged in to the sandbox in this browser; nobody unless the switch `rememberSession` is on. */
export function rememberedMember(store: SandboxStore, req: Request): Member | undefined {
  if (!store.switches.rememberSession) return undefined;
  const cookies = (req.headers.cookie ?? '').split('; ').map((pair) => pair.split('=', 2));
  const [, id = ''] = cookies.find(([name]) => name === store.sessionCookie) ?? [];
  const member = store.members.get(store.browserSessions.get(sha256(id)) ?? '');
  return member?.removed ? undefined : member;
}

/** Remembers who logged in, for as long as the browser runs. */
export function rememberMember(store: SandboxStore, req: Request, res: Response, member: Member): void {
  if (!store.switches.rememberSession) return;
  const id = newSecret('session');
  store.browserSessions.set(sha256(id), member.id);
  const secure = baseUrl(req).startsWith('https:') ? '; Secure' : '';
  res.append('Set-Cookie', `${store.sessionCookie}=${id}; Path=/trust; HttpOnly; SameSite=Lax${secure}`);
}

/** Whether this member allowed the client all of these scopes before, as far as the switch `rememberConsent` has it. */
export function hasConsented(
  store: SandboxStore,
  { client, scope }: AuthorizationRequest,
  member: Member,
): boolean {
  const allowed = store.consents.get(consentKey(client.id, member.id));
  return (
    store.switches.rememberConsent && allowed !== undefined && scope.every((name) => covers(allowed, name))
  );
}

/** Notes what a member allowed. */
export function noteConsent(
  store: SandboxStore,
  { client, scope }: AuthorizationRequest,
  member: Member,
): void {
  store.consents.set(consentKey(client.id, member.id), scope);
}

function consentKey(clientId: string, memberId: string): string {
  return `${memberId} ${clientId}`;
}
