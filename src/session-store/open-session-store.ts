import { resolve } from 'node:path';
import { createFileEngine } from './file-engine.ts';
import { openDatabase } from './open-database.ts';
import type { SessionLifetimes } from './session-store.ts';
import { SessionStore } from './session-store.ts';
import { SessionStoreError } from './session-store-error.ts';

export type { SessionStore };
export type SessionStoreOptions = SessionLifetimes;

/**
 * Opens the store that the setting names. Only the engine that is chosen is loaded.
 * @param setting `file:PATH`, `redis://…`, `rediss://…` or `memory:` (for tests: gone with the process).
 * @throws SessionStoreError `SESSION_STORE_SETTING` or `SESSION_STORE_FILE`, each with what to do.
 */
export async function openSessionStore(setting: string, options: SessionStoreOptions): Promise<SessionStore> {
  const { now = Date.now } = options;
  if (setting === 'memory:')
    return new SessionStore(createFileEngine(await openDatabase(':memory:'), setting, now), options);
  if (/^file:./.test(setting)) {
    const file = resolve(setting.slice('file:'.length));
    return new SessionStore(createFileEngine(await openDatabase(file), file, now), options);
  }
  throw unknownSetting();
}

/** Without the setting itself, which may hold a password. */
function unknownSetting(): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_SETTING',
    'SESSION_STORE must be file:PATH (such as file:.data/sessions.db), redis://HOST:PORT, rediss://HOST:PORT or memory:.',
  );
}
