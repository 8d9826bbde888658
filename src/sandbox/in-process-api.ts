import { addFault, setFaults } from './faults/active-faults.ts';
import type { Fault } from './faults/fault-menu.ts';
import type { LedgerEntry, LedgerFilter } from './ledger/ledger.ts';
import type { MemberChanges, Persona } from './personas.ts';
import { changePersona, listPersonas, revokeAuthorizations } from './personas.ts';
import type { SandboxState } from './state.ts';
import { describeState } from './state.ts';
import type { SandboxStore } from './store.ts';
import { resetStore } from './store.ts';
import { checkSwitches } from './switch-values.ts';
import type { Switches } from './switches.ts';

/** What the control API does over HTTP, for tests in the same process. All throw `SandboxError` on wrong use. */
export interface SandboxControls {
  /** Back to the start; `keepClients` leaves the registered clients. Resolves when that is saved. */
  reset(options?: { keepClients?: boolean }): Promise<void>;
  /** The last 500 requests, secrets masked, newest first; those that `filter` lets through. */
  ledger(filter?: LedgerFilter): LedgerEntry[];
  clearLedger(): void;
  /** Switches one failure on, before those that are on already. Without `times` it stays until reset. */
  setFault(fault: Fault): void;
  /** These failures and no others; an empty list switches all off. */
  setFaults(faults: readonly Fault[]): void;
  /** The failures that are on, with the `times` that are left. */
  faults(): Fault[];
  /** Changes how the sandbox behaves until it is reset. */
  setSwitches(changes: Partial<Switches>): void;
  /** Lets `ms` milliseconds pass. */
  advanceClock(ms: number): void;
  /** The sandbox's time, in epoch milliseconds. */
  now(): number;
  /** Everything the sandbox holds, without a secret. */
  state(): SandboxState;
  personas(): Persona[];
  /** Changes the persona with this member id or e-mail address; their tokens feel it at once. */
  changePersona(idOrEmail: string, changes: Partial<MemberChanges>): Persona;
  /** Revokes every app that the persona authorized. */
  revokeAuthorizations(idOrEmail: string): void;
  /** Logs everybody out of the sandbox itself, where the switch `rememberSession` keeps them logged in. */
  forgetSessions(): void;
}

/** The controls of one sandbox: what its control API does, called directly. */
export function createControls(store: SandboxStore): SandboxControls {
  return {
    async reset(options) {
      resetStore(store, options);
      await store.saved();
    },
    ledger: (filter) => store.ledger.entries(filter),
    clearLedger: () => store.ledger.clear(),
    setFault: (fault) => addFault(store.faults, fault),
    setFaults: (faults) => setFaults(store.faults, faults),
    faults: () => structuredClone(store.faults),
    setSwitches(changes) {
      Object.assign(store.switches, checkSwitches(changes));
    },
    advanceClock: (ms) => store.clock.advance(ms),
    now: () => store.clock.now(),
    state: () => describeState(store),
    personas: () => listPersonas(store),
    changePersona: (idOrEmail, changes) => changePersona(store, idOrEmail, changes),
    revokeAuthorizations: (idOrEmail) => revokeAuthorizations(store, idOrEmail),
    forgetSessions: () => store.browserSessions.clear(),
  };
}
