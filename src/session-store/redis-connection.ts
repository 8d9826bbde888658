import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionStoreError } from './session-store-error.ts';

/** Something that happened to the connection to the store, worth a line in the log. */
export type ConnectionEvent =
  | { readonly event: 'session_store_unavailable'; readonly error: SessionStoreError }
  | { readonly event: 'session_store_available' };

/** A connection that answers quickly or fails quickly, and comes back alone. */
export interface RedisConnection {
  /**
   * Sends a command, such as `['GET', 'key']`, and resolves to the reply. Rejects within a second with
   * `SessionStoreError` `SESSION_STORE_UNAVAILABLE`; `cause` is the server's own error when there was one.
   */
  readonly sendCommand: (command: string[]) => Promise<unknown>;
  close(): Promise<void>;
}

/** In milliseconds: how long a reply may take. A Redis that is well replies a thousand times faster. */
const patience = 700;

/**
 * Connects to Redis or Valkey. Resolves also when the server is away: until it comes, every command fails at once, for
 * nothing is queued. A connection that stays silent is given up for a new one; its writes alone would keep it alive.
 * @throws SessionStoreError `SESSION_STORE_SETTING` when the URL is not one for Redis.
 */
export async function connectToRedis(
  url: string,
  report: (event: ConnectionEvent) => void,
): Promise<RedisConnection> {
  const name = withoutPassword(url);
  const { createClient } = await import('@redis/client');
  let available = true;
  let client = orBadSetting(connect);
  await Promise.race([once(client, 'ready').catch(() => {}), sleep(patience, undefined, { ref: false })]);

  return {
    async sendCommand(command) {
      const asked = client;
      try {
        return await inTime(asked.sendCommand(command));
      } catch (cause) {
        if (asked === client && isBeyondHope(cause)) reconnect(cause);
        throw unavailable(cause);
      }
    },

    async close() {
      if (client.isReady) await inTime(client.close()).catch(() => {});
      if (client.isOpen) client.destroy();
    },
  };

  function connect() {
    const created = createClient({
      url,
      disableOfflineQueue: true,
      pingInterval: 1000,
      socket: {
        connectTimeout: 1000,
        socketTimeout: 2500,
        reconnectStrategy: (attempts) => Math.min(100 + attempts * 100, 1000),
      },
    });
    created.on('error', (cause) => created === client && wentAway(cause));
    created.on('ready', cameBack);
    created.connect().catch(() => {});
    return created;
  }

  function reconnect(cause: unknown): void {
    wentAway(cause);
    client.destroy();
    client = connect();
  }

  function wentAway(cause: unknown): void {
    if (available) report({ event: 'session_store_unavailable', error: unavailable(cause) });
    available = false;
  }

  function cameBack(): void {
    if (!available) report({ event: 'session_store_available' });
    available = true;
  }

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

/** A timer may be late as well: what has arrived by then is read before the reply is given up. */
function inTime<T>(reply: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new NoReply())), patience);
    reply.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

class NoReply extends Error {
  override readonly message = `no reply within ${patience} ms`;
}

/** Silence; or a server that became a replica, while its name may lead to the new primary by now. */
function isBeyondHope(cause: unknown): boolean {
  return cause instanceof NoReply || String((cause as Error).message).startsWith('READONLY');
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
