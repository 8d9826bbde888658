import type { SessionData } from 'express-session';
import type { Login } from '../../src/auth/user-session.ts';
import type { SessionStore } from '../../src/session-store/open-session-store.ts';
import { sampleUser } from './sample-pages.ts';

/** A session as express-session would make it. */
export function newSession(): SessionData {
  return { cookie: { originalMaxAge: null, secure: true, httpOnly: true, path: '/', sameSite: 'lax' } };
}

export function login(some: Partial<Login> = {}): Login {
  const now = Date.now();
  return {
    id: 'login-1',
    clientId: 'c1',
    user: { ...sampleUser, firstName: 'Ariel', lastName: 'Flores' },
    startedAt: now,
    verifiedAt: now,
    tokens: 'sealed',
    revision: 1,
    ...some,
  };
}

export function get(store: SessionStore, id: string): Promise<SessionData | null> {
  return new Promise((resolve, reject) =>
    store.get(id, (error, found) => (error ? reject(error) : resolve(found ?? null))),
  );
}

export function set(store: SessionStore, id: string, data: SessionData): Promise<void> {
  return settled((done) => store.set(id, data, done));
}

export function destroy(store: SessionStore, id: string): Promise<void> {
  return settled((done) => store.destroy(id, done));
}

function settled(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}
