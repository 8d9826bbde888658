import type { RedisClientType } from '@redis/client';
import { SessionStoreError } from './session-store-error.ts';

/** Something that happened to the store's connection, worth a line in the log. */
export type SessionStoreEvent =
  | { readonly event: 'session_store_unavailable'; readonly error: SessionStoreError }
  | { readonly event: 'session_store_available' };

/** A connection that answers quickly or fails quickly, and comes back alone. */
export interface RedisConnection {
  readonly client: RedisClientType;
  /** Waits for an answer, but not for long. Rejects with `SessionStoreError` `SESSION_STORE_UNAVAILABLE`. */
  answer<T>(reply: Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** In milliseconds: how long an answer may take. A Redis that is well answers a thousand times faster. */
const patience = 800;

/**
 * Connects to Redis or Valkey. Resolves also when the server is away: until it comes, every call fails at once. Nothing is queued
 * meanwhile, and a server that froze is noticed by its missing answers.
 * @throws SessionStoreError `SESSION_STORE_SETTING` when the URL is not one for Redis.
 */
export async function connectToRedis(
  url: string,
  report: (event: SessionStoreEvent) => void,
): Promise<RedisConnection> {
  const { createClient } = await import('@redis/client');
  const name = withoutPassword(url);
  const client = orBadSetting(() =>
    createClient({
      url,
      disableOfflineQueue: true,
      pingInterval: 1000,
      socket: {
        connectTimeout: 1000,
        socketTimeout: 2500,
        reconnectStrategy: (attempts) => Math.min(100 + attempts * 100, 1000),
      },
    }),
  );
  let available = true;
  client.on('error', (cause) => {
    if (available) report({ event: 'session_store_unavailable', error: unavailable(cause) });
    available = false;
  });
  client.on('ready', () => {
    if (!available) report({ event: 'session_store_available' });
    available = true;
  });
  const connected = client.connect().catch(() => {});
  await Promise.race([connected, new Promise((resolve) => client.once('error', resolve)), after(patience)]);

  return {
    client: client as RedisClientType,

    async answer(reply) {
      let timer: NodeJS.Timeout | undefined;
      const late = new Promise<never>((_, reject) => {
        timer = setTimeout(() => reject(new Error(`no answer within ${patience} ms`)), patience);
      });
      try {
        return await Promise.race([reply, late]);
      } catch (cause) {
        throw unavailable(cause);
      } finally {
        clearTimeout(timer);
      }
    },

    async close() {
      if (client.isReady) await Promise.race([client.close().catch(() => {}), after(patience)]);
      if (client.isOpen) client.destroy();
    },
  };

  function unavailable(cause: unknown): SessionStoreError {
    const { message, name: kind } = cause as Error;
    return new SessionStoreError(
      'SESSION_STORE_UNAVAILABLE',
      `The session store ${name} does not answer: ${message || kind}. Check that it runs, that this machine reaches ` +
        'it, and that SESSION_STORE holds the right password. The app recovers by itself.',
      { cause },
    );
  }
}

function after(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds).unref());
}

function withoutPassword(url: string): string {
  const { protocol, host } = orBadSetting(() => new URL(url));
  if (!host) throw badSetting();
  return `${protocol}//${host}`;
}

function orBadSetting<T>(work: () => T): T {
  try {
    return work();
  } catch {
    throw badSetting();
  }
}

/** Without the setting itself, nor the parser's error, which may quote a password. */
function badSetting(): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_SETTING',
    'SESSION_STORE is not a complete address of a Redis: use redis://[USER:PASSWORD@]HOST:PORT[/DATABASE-NUMBER], ' +
      'or rediss:// for TLS. Characters such as / # @ in a password must be percent-encoded.',
  );
}
