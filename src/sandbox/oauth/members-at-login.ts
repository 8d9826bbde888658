import type { Member, OAuthClient } from '../model.ts';
import type { SandboxStore } from '../store.ts';

/** The memberships of the person with this e-mail address, in the order of the accounts; those taken away left out. */
export function membershipsOf(store: SandboxStore, email: string): Member[] {
  const wanted = email.toLowerCase();
  return [...store.members.values()].filter(
    (member) => member.email.toLowerCase() === wanted && !member.removed,
  );
}

/**
 * Whether this member may log in with this client. An unverified client admits only members of the account that
 * registered it (LaunchDarkly docs: OAuth client registration).
 */
export function mayUse(store: SandboxStore, client: OAuthClient, member: Member): boolean {
  return !member.removed && (store.switches.verifiedClients || member.accountId === client.accountId);
}
