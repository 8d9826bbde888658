// log-in-with-launchdarkly 0.1.0, MIT License
import type { Session, SessionData, Store } from 'express-session';
import type { SessionLogins } from './session-logins.ts';
import { loadSession, loginOf } from './user-session.ts';

/**
 * Many stores let a slow request write back the session as it was when the request began. This makes a store look first:
 * of a login, the newer version is kept, and a session whose login has ended in this process is deleted instead. Where
 * another process ended it, nothing tells it from a new session, and it is written.
 */
export function createLateSaveGuard(logins: Pick<SessionLogins, 'latestLogin' | 'hasEnded' | 'isStarting'>) {
  const guarded = new WeakSet<Store>();

  return function guardLateSaves(store: Store | undefined): void {
    if (!store || guarded.has(store)) return;
    guarded.add(store);
    const set = store.set.bind(store);
    store.set = (sessionId, session, done) => {
      if (!isOfRequest(session) || !loginOf(session) || logins.isStarting(session))
        return set(sessionId, session, done);
      if (logins.hasEnded(session)) return store.destroy(sessionId, done);
      withNewestLogin(sessionId, session).then(
        (newest) => set(sessionId, newest, done),
        (error) => done?.(error),
      );
    };

    async function withNewestLogin(sessionId: string, session: SessionData): Promise<SessionData> {
      const stored = logins.latestLogin(await loadSession(store as Store, sessionId));
      const saved = logins.latestLogin(session);
      const newest = stored && saved && stored.id === saved.id && stored.revision > saved.revision ? stored : saved;
      return newest ? { ...session, launchDarklyLogin: newest } : session;
    }
  };
}

/** What express-session saves at the end of a request; others write plain objects, which they have just made. */
function isOfRequest(session: SessionData): session is Session & SessionData {
  return 'req' in session;
}
