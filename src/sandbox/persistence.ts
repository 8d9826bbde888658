import { openStateFile } from './data-dir.ts';
import type { AuthorizationCode, Grant, Member, OAuthClient, OAuthToken } from './model.ts';
import type { MemberChanges } from './personas.ts';
import { SandboxError } from './sandbox-error.ts';
import type { SandboxStore } from './store.ts';

/** What survives a restart. The seed does not: of the members only what was changed about them is kept. */
interface SavedState {
  version: 1;
  /** In the clear, unlike everything else: they are printed at each start, and must stay the same. */
  apiTokens: SavedApiTokens;
  clockOffset: number;
  clients: OAuthClient[];
  grants: Grant[];
  codes: AuthorizationCode[];
  tokens: OAuthToken[];
  /** Missing in files of earlier versions. */
  consents?: [key: string, scopes: string[]][];
  members: Pick<Member, 'id' | 'lastSeen' | keyof MemberChanges>[];
}

/** The two API access tokens, in the clear. */
export interface SavedApiTokens {
  admin: string;
  reader: string;
  service: string;
}

/** An open data directory. */
export interface Persistence {
  /** The API tokens of the last run, if there was one. */
  apiTokens: Partial<SavedApiTokens> | undefined;
  /** From now on everything in the store is kept, `apiTokens` too. */
  keep(apiTokens: SavedApiTokens): Promise<void>;
}

/**
 * Brings back into `store` what an earlier run left in `directory`. Throws `SandboxError` when it cannot be read.
 */
export async function restore(store: SandboxStore, directory: string): Promise<Persistence> {
  const file = await openStateFile(directory);
  const saved = checkVersion(await file.read(), directory);
  if (saved) restoreInto(store, saved);
  return {
    apiTokens: saved?.apiTokens,
    async keep(apiTokens) {
      store.saved = () => file.save(() => snapshot(store, apiTokens));
      await store.saved();
    },
  };
}

function checkVersion(document: unknown, directory: string): SavedState | undefined {
  if (document === undefined) return undefined;
  if (isSavedState(document)) return document;
  throw new SandboxError(
    `${directory}/state.json was not written by this version of the sandbox. Delete it, or choose another data directory.`,
  );
}

function isSavedState(document: unknown): document is SavedState {
  const { version, apiTokens, clockOffset, ...lists }: Partial<SavedState> = Object(document);
  const names = ['clients', 'grants', 'codes', 'tokens', 'members'] as const;
  return (
    version === 1 &&
    typeof apiTokens === 'object' &&
    typeof clockOffset === 'number' &&
    names.every((name) => Array.isArray(lists[name]))
  );
}

function restoreInto(store: SandboxStore, saved: SavedState): void {
  store.clock.reset(saved.clockOffset);
  for (const client of saved.clients) store.clients.set(client.id, client);
  for (const grant of saved.grants) store.grants.set(grant.id, grant);
  for (const code of saved.codes) store.codes.set(code.hash, code);
  for (const token of saved.tokens) store.tokens.set(token.hash, token);
  for (const [key, scopes] of saved.consents ?? []) store.consents.set(key, scopes);
  for (const { id, ...changes } of saved.members) {
    const member = store.members.get(id);
    if (member) Object.assign(member, changes);
  }
}

function snapshot(store: SandboxStore, apiTokens: SavedApiTokens): SavedState {
  return {
    version: 1,
    apiTokens,
    clockOffset: store.clock.offset(),
    clients: [...store.clients.values()],
    grants: [...store.grants.values()],
    codes: [...store.codes.values()],
    tokens: [...store.tokens.values()],
    consents: [...store.consents],
    members: [...store.members.values()].map((member) => {
      const { id, lastSeen, role, customRoles, pendingInvite, verified, removed } = member;
      return { id, lastSeen, role, customRoles, pendingInvite, verified, removed };
    }),
  };
}
