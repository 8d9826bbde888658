import type { SessionData, Store } from 'express-session';

/*
 * A session as the store has it now, beside the copy that a request loaded when it began. express-session speaks in
 * callbacks; here they are promises, which reject with the store's own error.
 */

/** The stored session; undefined when there is none (any more). */
export function loadSession(store: Store, sessionId: string): Promise<SessionData | undefined> {
  return new Promise((resolve, reject) => {
    store.get(sessionId, (error, session) => (error ? reject(error) : resolve(session ?? undefined)));
  });
}

/** Stores a session. Resolves once the store has it; rejects with the store's error. */
export function saveSession(store: Store, sessionId: string, session: SessionData): Promise<void> {
  return promise((done) => store.set(sessionId, session, done));
}

/** Forgets a session, also one that is gone already. Rejects with the store's error. */
export function destroySession(store: Store, sessionId: string): Promise<void> {
  return promise((done) => store.destroy(sessionId, done));
}

/** Resolves when `done` is called without an error. */
export function promise(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}
