import { resolve } from 'node:path';
import type { Engine } from './backend.ts';
import { createFileEngine } from './file-backend.ts';
import { openDatabase } from './open-database.ts';
import type { ConnectionEvent } from './redis-connection.ts';
import type { SessionLifetimes, SessionNotExtended } from './session-store.ts';
import { SessionStore } from './session-store.ts';
import { SessionStoreError } from './session-store-error.ts';

export type { SessionStore };

/** What happened to the store, worth a line in the log. */
export type SessionStoreEvent = ConnectionEvent | SessionNotExtended;

export interface SessionStoreOptions extends SessionLifetimes {
  /** Told what nobody's request shows: that the store goes away and is back, and that it cannot be written. */
  readonly report?: (event: SessionStoreEvent) => void;
  /** PEM text of a certificate authority that is trusted for `rediss:`, beside the built-in ones. */
  readonly ca?: string | undefined;
}

/**
 * Opens the store that the setting names. Only the engine that is chosen is loaded. A Redis that is down does not keep
 * the app from starting.
 * @param setting `file:PATH`, `redis[s]://…`, `redis[s]+cluster://…`, `redis[s]+sentinel://…` or `memory:` (for tests:
 * gone with the process).
 * @throws SessionStoreError `SESSION_STORE_SETTING` or `SESSION_STORE_FILE`, each with what to do.
 */
export async function openSessionStore(setting: string, options: SessionStoreOptions): Promise<SessionStore> {
  return new SessionStore(await openEngine(setting, options), options);
}

async function openEngine(
  setting: string,
  { now = Date.now, report = () => {}, ca }: SessionStoreOptions,
): Promise<Engine> {
  if (setting === 'memory:') return createFileEngine(await openDatabase(':memory:'), setting, now);
  if (/^rediss?(\+\w+)?:/.test(setting)) {
    const { connectToRedis } = await import('./redis-connection.ts');
    const { createRedisEngine } = await import('./redis-backend.ts');
    return createRedisEngine(await connectToRedis(setting, { report, ca }));
  }
  if (!/^file:./.test(setting)) throw unknownSetting();
  const file = resolve(setting.slice('file:'.length));
  return createFileEngine(await openDatabase(file), file, now);
}

/** Without the setting itself, which may hold a password. */
function unknownSetting(): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_SETTING',
    'SESSION_STORE must be file:PATH (such as file:.data/sessions.db), redis://HOST:PORT, rediss://HOST:PORT, ' +
      'redis+cluster://HOST:PORT,HOST:PORT, redis+sentinel://HOST:PORT,HOST:PORT/MASTER-NAME or memory:.',
  );
}
