import type { SessionRecord, StoredRecord } from './session-record.ts';
import type { SessionStoreError } from './session-store-error.ts';

export type Answer<T = void> = (error: SessionStoreError | null, value?: T) => void;

/** Locks that end by themselves when their holder dies. */
export interface Leases {
  /** Takes the lease for `leaseMs` unless somebody else has it. Resolves to whether `owner` has it now. */
  takeLease(key: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Holds on to it for `leaseMs` from now. */
  extendLease(key: string, owner: string, leaseMs: number): Promise<void>;
  /** Gives it back, if `owner` still has it. Resolves to whether `owner` had it. */
  releaseLease(key: string, owner: string): Promise<boolean>;
}

/** How often something happened, counted together by all instances of the app. */
export interface Hits {
  /** Within the running window, this one included. */
  readonly hits: number;
  /** Milliseconds until the window ends. */
  readonly msLeft: number;
}

/** Where sessions are kept. All times are epoch milliseconds; a session whose `expiresAt` has come does not exist. */
export interface Engine extends Leases {
  read(id: string, now: number, answer: Answer<StoredRecord>): void;
  /** Stores a session under a fresh id. Finds it one already stored there, it updates that. */
  insert(id: string, record: SessionRecord, now: number, answer: Answer): void;
  /**
   * Replaces a session if it still exists. Its login is replaced only by one of the same or a later revision; a login
   * that was taken out of a session never returns to it.
   */
  update(id: string, record: SessionRecord, now: number, answer: Answer): void;
  /** Moves the expiry of a session if it still exists. */
  extend(id: string, expiresAt: number, now: number, answer: Answer): void;
  remove(id: string, answer: Answer): void;
  /** Resolves when the engine can do what a login needs: write, and read. Leaves nothing behind. */
  ping(): Promise<void>;
  close(): Promise<void>;
  /** Counts one for `key`; the window begins with the first. Only where several machines share the engine. */
  countHit?(key: string, windowMs: number): Promise<Hits>;
}
