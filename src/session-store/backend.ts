import type { SessionRecord, StoredRecord } from './session-record.ts';

/** Node-style callback of a backend. */
export type Callback<T = void> = (error: SessionStoreError | null, value?: T) => void;

/** Locks that expire when their holder dies. */
export interface Leases {
  /** Takes the lease for `leaseMs` unless it is taken. Resolves to whether `owner` has it now. */
  takeLease(key: string, owner: string, leaseMs: number): Promise<boolean>;
  /** Extends the lease to `leaseMs` from now. */
  extendLease(key: string, owner: string, leaseMs: number): Promise<void>;
  /** Releases the lease if `owner` still has it. Resolves to whether `owner` had it. */
  releaseLease(key: string, owner: string): Promise<boolean>;
}

/** A count shared by all instances of the app. */
export interface Hits {
  /** Within the current window, this one included. */
  readonly hits: number;
  /** Milliseconds until the window ends. */
  readonly msLeft: number;
}

/**
 * Where sessions are kept. All times are epoch milliseconds; a session whose `expiresAt` has passed does not exist.
 * Everything fails with `SessionStoreError`.
 */
export interface SessionBackend extends Leases {
  /** A backend may also extend the session, and then says until when. */
  read(id: string, now: number, callback: Callback<StoredRecord>): void;
  /** Stores a session under a new id. If one exists under this id, it is updated. */
  insert(id: string, record: SessionRecord, now: number, callback: Callback): void;
  /**
   * Replaces a session if it still exists. Its login is replaced only by one of the same or a later revision; a login
   * that was removed from a session is never restored.
   */
  update(id: string, record: SessionRecord, now: number, callback: Callback): void;
  /** Changes the expiry of a session if it still exists. */
  extend(id: string, expiresAt: number, now: number, callback: Callback): void;
  remove(id: string, callback: Callback): void;
  /** Resolves when the backend can do what a login needs: write and read. Leaves nothing behind. */
  ping(): Promise<void>;
  close(): Promise<void>;
  /** Counts one hit for `key`; the first hit starts the window. Only for backends that several machines share. */
  countHit?(key: string, windowMs: number): Promise<Hits>;
}

/** Why a session store failed. */
export type SessionStoreErrorCode =
  /** The setting names an unknown kind of store. Start-up only. */
  | 'SESSION_STORE_SETTING'
  /** The database file cannot be used: corrupt, newer, another program's, or not writable. Start-up only. */
  | 'SESSION_STORE_FILE'
  /** The store is temporarily unavailable: backend down or frozen, disk full, a lock held for too long. */
  | 'SESSION_STORE_UNAVAILABLE';

/** The only error of a session store. `message` says what happened and what to do; `cause` is the backend's own error. */
export class SessionStoreError extends Error {
  override readonly name = 'SessionStoreError';
  /** For a program that ends because of it. */
  readonly exitCode = 1;
  readonly code: SessionStoreErrorCode;

  constructor(code: SessionStoreErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** A change of the expiry by less than this many milliseconds is not written. */
export function extensionStep(idleMs: number): number {
  return Math.min(idleMs / 20, 60_000);
}
