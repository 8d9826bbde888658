import { revokeGrant } from './grants.ts';
import type { Member } from './model.ts';
import { ROLES } from './model.ts';
import { SandboxError } from './sandbox-error.ts';
import type { SandboxStore } from './store.ts';

/** What may be changed about a persona while the sandbox runs. */
export type MemberChanges = Pick<Member, 'role' | 'customRoles' | 'pendingInvite' | 'verified' | 'removed'>;

/** A persona as the control API shows it. */
export interface Persona extends MemberChanges {
  id: string;
  accountId: string;
  organization: string;
  email: string;
  firstName?: string;
  lastName?: string;
  about: string;
  /** The heading of the sign-in page that they are under; empty for none. */
  group: string;
}

/** Every persona, account by account, in the order of the seed. Who was removed is in the list, with `removed: true`. */
export function listPersonas(store: SandboxStore): Persona[] {
  return [...store.members.values()].map((member) => describePersona(store, member));
}

/** Finds a persona by member id, or by e-mail address (the first membership of that person). */
export function findMember(store: SandboxStore, idOrEmail: string): Member {
  const members = [...store.members.values()];
  const member = store.members.get(idOrEmail) ?? members.find(({ email }) => email === idOrEmail);
  if (member) return member;
  throw new SandboxError(`There is no persona "${idOrEmail}". Name one by member id or e-mail address.`);
}

/**
 * Changes a persona: their tokens feel it at once. Who is removed loses every authorization, for good. Throws
 * `SandboxError` when there is no such persona or a change makes no sense; nothing is changed then.
 */
export function changePersona(store: SandboxStore, idOrEmail: string, changes: object): Persona {
  const member = findMember(store, idOrEmail);
  for (const [name, value] of Object.entries(changes)) checkChange(name, value);
  Object.assign(member, changes);
  if (member.removed) revokeAuthorizations(store, member.id);
  return describePersona(store, member);
}

/** Revokes every app the persona authorized, as members and Admins can in LaunchDarkly's "Authorized applications". */
export function revokeAuthorizations(store: SandboxStore, idOrEmail: string): void {
  const { id } = findMember(store, idOrEmail);
  for (const grant of store.grants.values()) if (grant.memberId === id) revokeGrant(store, grant.id);
  for (const key of store.consents.keys()) if (key.startsWith(`${id} `)) store.consents.delete(key);
}

const isBoolean = (value: unknown) => typeof value === 'boolean';

const CHANGES: Readonly<Record<keyof MemberChanges, { allows: (value: unknown) => boolean; rule: string }>> =
  {
    role: { allows: (value) => ROLES.some((role) => role === value), rule: `one of ${ROLES.join(', ')}` },
    customRoles: {
      allows: (value) => Array.isArray(value) && value.every((item) => typeof item === 'string'),
      rule: 'a list of strings',
    },
    pendingInvite: { allows: isBoolean, rule: 'true or false' },
    verified: { allows: isBoolean, rule: 'true or false' },
    removed: { allows: isBoolean, rule: 'true or false' },
  };

function checkChange(name: string, value: unknown): void {
  if (!isChange(name)) {
    throw new SandboxError(
      `"${name}" of a persona cannot be changed, only ${Object.keys(CHANGES).join(', ')}.`,
    );
  }
  const { allows, rule } = CHANGES[name];
  if (!allows(value)) throw new SandboxError(`${name} must be ${rule}.`);
}

function isChange(name: string): name is keyof MemberChanges {
  return Object.hasOwn(CHANGES, name);
}

function describePersona(store: SandboxStore, member: Member): Persona {
  const { id, accountId, email, firstName, lastName, about, group } = member;
  const { role, customRoles, pendingInvite, verified, removed } = member;
  return {
    id,
    accountId,
    organization: store.accounts.get(accountId)?.organization ?? '',
    email,
    ...(firstName === undefined ? {} : { firstName }),
    ...(lastName === undefined ? {} : { lastName }),
    about,
    group,
    role,
    customRoles,
    pendingInvite,
    verified,
    removed,
  };
}
