import type { Account, Member } from '../model.ts';
import type { SandboxStore } from '../store.ts';

/** First and last name; the e-mail address when there are none. */
export function displayName({ firstName, lastName, email }: Member): string {
  return [firstName, lastName].filter(Boolean).join(' ') || email;
}

/** The account a member belongs to. */
export function accountOf(store: SandboxStore, { accountId }: { accountId: string }): Account {
  const account = store.accounts.get(accountId);
  if (!account) throw new Error(`No account ${accountId} in the sandbox.`);
  return account;
}
