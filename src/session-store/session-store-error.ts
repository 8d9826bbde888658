/** Why a session store failed. */
export type SessionStoreErrorCode =
  /** The setting names no store we know. Start-up only. */
  | 'SESSION_STORE_SETTING'
  /** The database file cannot be used as it is: corrupt, newer, another program's, or not writable. Start-up only. */
  | 'SESSION_STORE_FILE'
  /** The store cannot answer now: engine down or frozen, disk full, a lock held for too long. May pass by itself. */
  | 'SESSION_STORE_UNAVAILABLE';

/** Everything a session store throws or calls back with. `message` says what happened and what to do; `cause` is the engine's own error. */
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
