import { resolve } from 'node:path';
import { type SessionBackend, SessionStoreError } from './backend.ts';
import { createFileBackend } from './file-backend.ts';
import { openDatabase } from './open-database.ts';
import type { ConnectionEvent } from './redis-connection.ts';
import type { SessionLifetimes, SessionNotExtended } from './session-store.ts';
import { SessionStore } from './session-store.ts';

export type { SessionStore };

/** An event to be logged. */
export type SessionStoreEvent = ConnectionEvent | SessionNotExtended;

export interface SessionStoreOptions extends SessionLifetimes {
  /** Called when the store becomes unavailable or available again, or a session could not be extended. */
  readonly report?: (event: SessionStoreEvent) => void;
  /** PEM text of a certificate authority trusted for `rediss:`, in addition to the built-in ones. */
  readonly ca?: string | undefined;
}

/**
 * Opens the store that the setting names, and loads only that backend. The app starts even when Redis is down.
 * @param setting `file:PATH`, `redis[s]://…`, `redis[s]+cluster://…`, `redis[s]+sentinel://…` or `memory:` (for tests:
 * lost when the process ends).
 * @throws SessionStoreError `SESSION_STORE_SETTING` or `SESSION_STORE_FILE`, each says what to do.
 */
export async function openSessionStore(setting: string, options: SessionStoreOptions): Promise<SessionStore> {
  return new SessionStore(await openBackend(setting, options), options);
}

async function openBackend(
  setting: string,
  { now = Date.now, report = () => {}, ca }: SessionStoreOptions,
): Promise<SessionBackend> {
  if (setting === 'memory:') return createFileBackend(await openDatabase(':memory:'), setting, now);
  if (/^rediss?(\+\w+)?:/.test(setting)) {
    const { connectToRedis } = await import('./redis-connection.ts');
    const { createRedisBackend } = await import('./redis-backend.ts');
    return createRedisBackend(await connectToRedis(setting, { report, ca }));
  }
  if (!/^file:./.test(setting)) throw unknownSetting();
  const file = resolve(setting.slice('file:'.length));
  return createFileBackend(await openDatabase(file), file, now);
}

/** Without the setting itself, which may hold a password. */
function unknownSetting(): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_SETTING',
    'SESSION_STORE must be file:PATH (such as file:.data/sessions.db), redis://HOST:PORT, rediss://HOST:PORT, ' +
      'redis+cluster://HOST:PORT,HOST:PORT, redis+sentinel://HOST:PORT,HOST:PORT/MASTER-NAME or memory:.',
  );
}
