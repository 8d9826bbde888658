import type { Clock } from './clock.ts';
import { createClock } from './clock.ts';
import type {
  Account,
  ApiToken,
  AuthorizationCode,
  Grant,
  Member,
  OAuthClient,
  OAuthToken,
} from './model.ts';
import type { Seed } from './seed.ts';
import { plantSeed } from './seed.ts';
import type { Switches } from './switches.ts';
import { DEFAULT_SWITCHES } from './switches.ts';

/** Everything the endpoints share: who is registered, what was issued, what time it is and how the sandbox is set. */
export interface SandboxStore {
  accounts: Map<string, Account>;
  members: Map<string, Member>;
  clients: Map<string, OAuthClient>;
  /** By the fingerprint of the token; so are the codes and the OAuth tokens. */
  apiTokens: Map<string, ApiToken>;
  grants: Map<string, Grant>;
  codes: Map<string, AuthorizationCode>;
  tokens: Map<string, OAuthToken>;
  clock: Clock;
  switches: Switches;
  /** Log in at once when the authorization request carries a `login_hint`. */
  autoApprove: boolean;
  /** Resolves when everything changed so far would survive a restart. */
  saved(): Promise<void>;
}

/** Creates a store holding nothing but the seed's accounts and members. */
export function createStore(seed: Seed, { autoApprove = false } = {}): SandboxStore {
  const { accounts, members } = plantSeed(seed);
  return {
    accounts: byId(accounts),
    members: byId(members),
    clients: new Map(),
    apiTokens: new Map(),
    grants: new Map(),
    codes: new Map(),
    tokens: new Map(),
    clock: createClock(),
    switches: { ...DEFAULT_SWITCHES },
    autoApprove,
    saved: async () => {},
  };
}

function byId<T extends { id: string }>(items: T[]): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}
