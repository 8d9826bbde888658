import type { User } from '../auth/index.ts';
import { LoginError } from '../auth/index.ts';
import type { CallerIdentity, LaunchDarkly, Member } from '../launchdarkly/index.ts';
import { apiFailure } from './to-login-error.ts';

/** Who may enter. */
export interface Admission {
  /** Account ids, or `*` for any. */
  readonly allowedAccounts: readonly string[] | '*';
  /** Base roles; undefined for any. */
  readonly allowedRoles: readonly string[] | undefined;
}

/**
 * Makes the question "who is this, and may they enter?". LaunchDarkly's caller-identity decides (account, member) and
 * members/me describes; both are asked side by side. Throws `LoginError`: `token_rejected`, `profile_refused` or a
 * `provider_…` reason when LaunchDarkly does not say, `identity_mismatch` when the two disagree, and `account_not_allowed`,
 * `role_not_allowed` or `invitation_pending` when the person may not enter.
 */
export function createFetchUser(
  launchDarkly: Pick<LaunchDarkly, 'getCallerIdentity' | 'getCurrentMember'>,
  { allowedAccounts, allowedRoles }: Admission,
): (accessToken: string) => Promise<User> {
  return async function fetchUser(accessToken) {
    const askingWho = launchDarkly.getCallerIdentity({ accessToken });
    const askingMember = launchDarkly.getCurrentMember({ accessToken });
    // Once caller-identity refuses, nobody waits for the other call, which may hang.
    askingMember.catch(() => {});
    const identity = await askingWho.catch((error) => {
      throw apiFailure(error, 'token_rejected');
    });
    const accountId = admitAccount(identity);
    const member = await askingMember.catch((error) => {
      throw apiFailure(error, 'profile_refused');
    });
    admitMember(member, identity);
    return toUser(accountId, member);
  };

  function admitAccount({ accountId }: CallerIdentity): string {
    if (!accountId) throw new LoginError('profile_refused');
    if (allowedAccounts !== '*' && !allowedAccounts.includes(accountId)) throw new LoginError('account_not_allowed');
    return accountId;
  }

  /** A base role is in effect only while a member has no custom roles (LaunchDarkly docs, organization roles). */
  function admitMember({ id, pendingInvite, role, customRoles }: Member, { memberId }: CallerIdentity): void {
    if (memberId !== undefined && memberId !== id) throw new LoginError('identity_mismatch');
    if (pendingInvite) throw new LoginError('invitation_pending');
    if (allowedRoles && (customRoles.length > 0 || !allowedRoles.includes(role)))
      throw new LoginError('role_not_allowed');
  }
}

function toUser(accountId: string, { id, email, firstName, lastName, role, customRoles, teams }: Member): User {
  const names = { ...(firstName && { firstName }), ...(lastName && { lastName }) };
  return {
    id,
    accountId,
    email,
    ...names,
    role,
    customRoles,
    teams: teams.map(({ key, name }) => ({ key, name })),
  };
}
