import { LoginError, type User } from '../auth/index.ts';
import type { CallerIdentity, LaunchDarkly, Member } from '../launchdarkly/index.ts';
import { toLoginError } from './to-login-error.ts';

/** Which members are allowed in. */
export interface Admission {
  /** Account ids, or `*` for any. */
  readonly allowedAccounts: readonly string[] | '*';
  /** Base roles; undefined for any. */
  readonly allowedRoles?: readonly string[] | undefined;
  /** Custom roles, of which a member needs one; undefined for any. Keys or ids: members/me may send either. */
  readonly allowedCustomRoles?: readonly string[] | undefined;
  /** Keys of teams, of which a member needs one; undefined for any. */
  readonly allowedTeams?: readonly string[] | undefined;
}

/**
 * Creates a function that asks LaunchDarkly who an access token belongs to, and checks that they are allowed in. The
 * account and member are those of caller-identity; members/me describes the member. Both are called at the same time. The
 * function throws `LoginError`: `token_rejected`, `profile_refused` or a `provider_…` reason when LaunchDarkly does not
 * say, `identity_mismatch` when the two answers disagree, and `account_not_allowed`, `role_not_allowed`,
 * `team_not_allowed` or `invitation_pending` when the member is not allowed in.
 */
export function createFetchUser(
  launchDarkly: Pick<LaunchDarkly, 'getCallerIdentity' | 'getCurrentMember'>,
  { allowedAccounts, allowedRoles, allowedCustomRoles, allowedTeams }: Admission,
): (accessToken: string) => Promise<User> {
  return async function fetchUser(accessToken) {
    const askingWho = launchDarkly.getCallerIdentity({ accessToken });
    const askingMember = launchDarkly.getCurrentMember({ accessToken });
    // When caller-identity refuses, do not wait for the other call, which may hang.
    askingMember.catch(() => {});
    const identity = await askingWho.catch((error) => {
      throw toLoginError(error, 'token_rejected');
    });
    const accountId = admitAccount(identity);
    const member = await askingMember.catch((error) => {
      throw toLoginError(error, 'profile_refused');
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
  function admitMember({ id, pendingInvite, role, customRoles, teams }: Member, { memberId }: CallerIdentity): void {
    if (memberId !== undefined && memberId !== id) throw new LoginError('identity_mismatch');
    if (pendingInvite) throw new LoginError('invitation_pending');
    if (allowedRoles && (customRoles.length > 0 || !allowedRoles.includes(role)))
      throw new LoginError('role_not_allowed');
    if (allowedCustomRoles && !customRoles.some((customRole) => allowedCustomRoles.includes(customRole)))
      throw new LoginError('role_not_allowed');
    if (allowedTeams && !teams.some(({ key }) => allowedTeams.includes(key))) throw new LoginError('team_not_allowed');
  }
}

function toUser(accountId: string, { id, pendingInvite, verified, ...described }: Member): User {
  return { id, accountId, ...described };
}
