import type { Member } from '../model.ts';

/** The scopes in LaunchDarkly's metadata, with what the consent page says about each. */
export const SCOPES: Readonly<Record<string, string>> = {
  reader: 'Read what you can read',
  writer: 'Read and change what you can read and change',
  observability: 'Use observability data',
  offline_access: 'Stay connected while you are away',
};

/** The scopes asked for, each once, in order; `reader` when none was. */
export function parseScope(scope: string | null): string[] {
  const asked = [...new Set((scope ?? '').split(' ').filter(Boolean))];
  return asked.length > 0 ? asked : ['reader'];
}

/** Those of `scopes` that LaunchDarkly does not know. */
export function unknownScopes(scopes: string[]): string[] {
  return scopes.filter((scope) => !Object.hasOwn(SCOPES, scope));
}

/**
 * The scopes a token of this member really has: never more than the member's own rights, so `writer` becomes `reader`
 * for someone who may only read (LaunchDarkly docs: authorized applications).
 */
export function narrowToMember(scopes: string[], member: Member): string[] {
  const mayWrite = member.customRoles.length > 0 || ['writer', 'admin', 'owner'].includes(member.role);
  return mayWrite ? scopes : [...new Set(scopes.map((scope) => (scope === 'writer' ? 'reader' : scope)))];
}
