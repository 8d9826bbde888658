import type { Clock } from './clock.ts';
import { createClock } from './clock.ts';
import type { Fault } from './faults/fault-menu.ts';
import type { Ledger } from './ledger/ledger.ts';
import { createLedger } from './ledger/ledger.ts';
import type {
  Account,
  ApiToken,
  AuthorizationCode,
  Grant,
  Member,
  OAuthClient,
  OAuthToken,
} from './model.ts';
import { newId } from './secrets.ts';
import type { Seed } from './seed.ts';
import { fromSeed } from './seed.ts';
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
  /** The failures that are switched on, in the order in which they are looked at. */
  faults: Fault[];
  ledger: Ledger;
  /** Set for a single request by the failure menu: changes the parameters that go back to the app. */
  alterReturn?: (parameters: URLSearchParams) => void;
  /** Who is logged in, by the fingerprint of the browser's cookie: member ids. */
  browserSessions: Map<string, string>;
  /** The name of that cookie: every sandbox has its own, as browsers do not tell ports apart. */
  sessionCookie: string;
  /** The scopes that a member allowed a client, by `consentKey`. */
  consents: Map<string, string[]>;
  /** Calls counted for the rate limits, by name of the limit. */
  rateWindows: Map<string, RateWindow>;
  /** What `reset` goes back to. */
  start: { seed: Seed; switches: Switches };
  /** Log in at once when the authorization request carries a `login_hint`. */
  autoApprove: boolean;
  /** Resolves when everything changed so far would survive a restart. */
  saved(): Promise<void>;
}

/** Calls made since `startedAt` (epoch milliseconds). */
export interface RateWindow {
  startedAt: number;
  used: number;
}

/** What a store starts with besides its seed. */
export interface StoreOptions {
  autoApprove?: boolean;
  /** What differs from `DEFAULT_SWITCHES`. */
  switches?: Partial<Switches>;
}

/** Creates a store holding nothing but the seed's accounts and members. */
export function createStore(
  seed: Seed,
  { autoApprove = false, switches = {} }: StoreOptions = {},
): SandboxStore {
  const { accounts, members, clients } = fromSeed(seed);
  const start = { seed, switches: { ...DEFAULT_SWITCHES, ...switches } };
  return {
    accounts: byId(accounts),
    members: byId(members),
    clients: byId(clients),
    apiTokens: new Map(),
    grants: new Map(),
    codes: new Map(),
    tokens: new Map(),
    clock: createClock(),
    switches: { ...start.switches },
    faults: [],
    ledger: createLedger(),
    browserSessions: new Map(),
    sessionCookie: `sandbox-session-${newId().slice(0, 8)}`,
    consents: new Map(),
    rateWindows: new Map(),
    start,
    autoApprove,
    saved: async () => {},
  };
}

/**
 * Back to the start: the seed's members as they were, nothing issued, no faults, switches and clock as at the start, an
 * empty ledger. Clients registered since go too unless `keepClients`. API tokens stay.
 */
export function resetStore(store: SandboxStore, { keepClients = false } = {}): void {
  const { accounts, members, clients } = fromSeed(store.start.seed);
  refill(store.accounts, byId(accounts));
  refill(store.members, byId(members));
  if (!keepClients) refill(store.clients, byId(clients));
  const { grants, codes, tokens, browserSessions, consents, rateWindows } = store;
  for (const map of [grants, codes, tokens, browserSessions, consents, rateWindows]) map.clear();
  store.clock.reset();
  Object.assign(store.switches, store.start.switches);
  store.faults.length = 0;
  store.ledger.clear();
}

function refill<K, V>(map: Map<K, V>, entries: Map<K, V>): void {
  map.clear();
  for (const [key, value] of entries) map.set(key, value);
}

function byId<T extends { id: string }>(items: T[]): Map<string, T> {
  return new Map(items.map((item) => [item.id, item]));
}
