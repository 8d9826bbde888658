import type { ApiToken, Role } from './model.ts';
import type { SavedApiTokens } from './persistence.ts';
import { newApiToken, sha256, stableId } from './secrets.ts';
import { fromSeed } from './seed.ts';
import type { SandboxStore } from './store.ts';

/**
 * Registers the API access tokens of the first account, made up unless given: an Admin's, a Reader's, and a service
 * token, which has an Admin's rights but belongs to no member.
 */
export function registerApiTokens(store: SandboxStore, given: Partial<SavedApiTokens>): SavedApiTokens {
  const tokens = {
    admin: given.admin ?? newApiToken(),
    reader: given.reader ?? newApiToken(),
    service: given.service ?? newApiToken(),
  };
  register(store, tokens.admin, { name: 'Sandbox admin token', role: 'admin', ...ownedBy(store, 'admin') });
  register(store, tokens.reader, {
    name: 'Sandbox reader token',
    role: 'reader',
    ...ownedBy(store, 'reader'),
  });
  register(store, tokens.service, { name: 'Sandbox service token', role: 'admin' });
  return tokens;
}

function register(
  store: SandboxStore,
  token: string,
  details: Pick<ApiToken, 'name' | 'role' | 'memberId'>,
): void {
  const [account] = store.accounts.values();
  if (!account) throw new Error('The sandbox needs at least one account.');
  const hash = sha256(token);
  store.apiTokens.set(hash, { hash, id: stableId(details.name), accountId: account.id, ...details });
}

/** The first member with this role in the seed: who was downgraded since still owns the token. */
function ownedBy({ start }: SandboxStore, role: Role): Pick<ApiToken, 'memberId'> {
  const { accounts, members } = fromSeed(start.seed);
  const owner = members.find(
    (member) =>
      member.accountId === accounts[0]?.id && member.role === role && member.customRoles.length === 0,
  );
  return owner ? { memberId: owner.id } : {};
}
