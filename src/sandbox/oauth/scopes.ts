import type { Member } from '../model.ts';
import type { Switches } from '../switches.ts';

/** The scopes in LaunchDarkly's metadata and `openid`, with what the consent page says about each. */
export const SCOPES: Readonly<Record<string, string>> = {
  reader: 'Read everything you have access to',
  writer: 'Read everything you have access to, and change what you may change',
  observability: 'Use observability data',
  offline_access: 'Stay connected while you are away',
  openid: 'Know who you are',
};

/** The scopes asked for, each once, in order; `reader` when none was. */
export function parseScope(scope: string | null): string[] {
  const asked = [...new Set((scope ?? '').split(' ').filter(Boolean))];
  return asked.length > 0 ? asked : ['reader'];
}

/** Why these scopes cannot be granted, as a sentence; `undefined` when all of them can. */
export function scopeProblem(
  scopes: string[],
  { openIdConnect }: Pick<Switches, 'openIdConnect'>,
): string | undefined {
  if (scopes.includes('openid') && !openIdConnect) return NO_OPENID_CONNECT;
  if (scopes.includes('scim')) {
    return 'The scope scim is for clients enabled for SCIM, which the OAuth2 clients API cannot make.';
  }
  const unknown = scopes.filter((scope) => !Object.hasOwn(SCOPES, scope));
  return unknown.length > 0 ? `LaunchDarkly has no scope named ${unknown.join(', ')}.` : undefined;
}

/** What is said wherever OpenID Connect is asked for and switched off. */
export const NO_OPENID_CONNECT =
  'The sandbox does not speak OpenID Connect unless its switch openIdConnect is on. Ask for the scope reader.';

/** Whether scopes that were allowed include this one; `writer` reads as well. */
export function covers(allowed: readonly string[], scope: string): boolean {
  return allowed.includes(scope) || (scope === 'reader' && allowed.includes('writer'));
}

/**
 * The scopes a token of this member really has: never more than the member's own rights, so `writer` becomes `reader`
 * for someone who may only read (LaunchDarkly docs: authorized applications).
 */
export function narrowToMember(scopes: string[], member: Member): string[] {
  const mayWrite = member.customRoles.length > 0 || ['writer', 'admin', 'owner'].includes(member.role);
  return mayWrite ? scopes : [...new Set(scopes.map((scope) => (scope === 'writer' ? 'reader' : scope)))];
}
