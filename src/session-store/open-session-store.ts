import { resolve } from 'node:path';
import { type SessionBackend, SessionStoreError } from './backend.ts';
import { createFileBackend } from './file-backend.ts';
import { openDatabase, readableByOthers } from './open-database.ts';
import type { ConnectionEvent } from './redis-connection.ts';
import type { SessionLifetimes, SessionNotExtended } from './session-store.ts';
import { SessionStore } from './session-store.ts';

export type { SessionStore };

/** An event to be logged. */
export type SessionStoreEvent = ConnectionEvent | SessionNotExtended | SessionStoreReadable;

/** Other users of this machine can read the file. Tokens in it are encrypted, names and addresses are not. */
export interface SessionStoreReadable {
  readonly event: 'session_store_readable';
  readonly error: SessionStoreError;
}

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
  { idleMs, now = Date.now, report = () => {}, ca }: SessionStoreOptions,
): Promise<SessionBackend> {
  if (setting === 'memory:') return createFileBackend(await openDatabase(':memory:'), setting, now);
  if (/^rediss?(\+\w+)?:/.test(setting)) {
    const { connectToRedis } = await import('./redis-connection.ts');
    const { createRedisBackend } = await import('./redis-backend.ts');
    return createRedisBackend(await connectToRedis(setting, { report, ca }), idleMs);
  }
  if (!/^file:./.test(setting)) throw unknownSetting();
  const file = resolve(setting.slice('file:'.length));
  const backend = createFileBackend(await openDatabase(file), file, now);
  const mode = readableByOthers(file);
  if (mode) report({ event: 'session_store_readable', error: readable(file, mode) });
  return backend;
}

function readable(file: string, mode: string): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_FILE',
    `The session store ${file} can be read by other users (${mode}), and its permissions cannot be changed. Make the file ` +
      'yours, or set SESSION_STORE to a file on another disk.',
  );
}

/** Without the setting itself, which may hold a password. */
function unknownSetting(): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_SETTING',
    'SESSION_STORE must be file:PATH (such as file:.data/sessions.db), redis://HOST:PORT, rediss://HOST:PORT, ' +
      'redis+cluster://HOST:PORT,HOST:PORT, redis+sentinel://HOST:PORT,HOST:PORT/MASTER-NAME or memory:.',
  );
}
