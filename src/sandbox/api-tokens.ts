import type { Role } from './model.ts';
import type { SavedApiTokens } from './persistence.ts';
import { newApiToken, sha256, stableId } from './secrets.ts';
import { plantSeed } from './seed.ts';
import type { SandboxStore } from './store.ts';

/** Registers the API access tokens of an Admin and of a Reader of the first account, made up unless given. */
export function registerApiTokens(store: SandboxStore, given: Partial<SavedApiTokens>): SavedApiTokens {
  const tokens = { admin: given.admin ?? newApiToken(), reader: given.reader ?? newApiToken() };
  registerApiToken(store, tokens.admin, 'admin');
  registerApiToken(store, tokens.reader, 'reader');
  return tokens;
}

function registerApiToken(store: SandboxStore, token: string, role: Role): void {
  const [account] = store.accounts.values();
  if (!account) throw new Error('The sandbox needs at least one account.');
  // The members as the seed has them: who was downgraded since still owns the token.
  const owner = plantSeed(store.start.seed).members.find(
    (member) => member.accountId === account.id && member.role === role && member.customRoles.length === 0,
  );
  store.apiTokens.set(sha256(token), {
    hash: sha256(token),
    id: stableId('api token', role),
    name: `Sandbox ${role} token`,
    accountId: account.id,
    ...(owner ? { memberId: owner.id } : {}),
    role,
  });
}
