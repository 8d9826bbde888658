import { setTimeout as sleep } from 'node:timers/promises';
import { parseRedisAddress } from './redis-address.ts';
import type { RedisServers } from './redis-servers.ts';
import { SessionStoreError } from './session-store-error.ts';

/** Something that happened to the connection to the store, worth a line in the log. */
export type ConnectionEvent =
  | { readonly event: 'session_store_unavailable'; readonly error: SessionStoreError }
  | { readonly event: 'session_store_available' };

/** A connection that answers quickly or fails quickly, and comes back by itself. */
export interface RedisConnection {
  /**
   * Sends a command of one key, such as `['GET', 'key']`, and resolves to the reply. Rejects within a second with
   * `SessionStoreError` `SESSION_STORE_UNAVAILABLE`; `cause` is the server's own error when there was one.
   */
  readonly sendCommand: (command: string[]) => Promise<unknown>;
  /** Whether the keys are spread over several servers (Redis Cluster). */
  isSpread(): boolean;
  close(): Promise<void>;
}

export interface RedisConnectionOptions {
  /** Told when the store becomes unavailable, and when it is available again. */
  readonly report: (event: ConnectionEvent) => void;
  /** PEM text of a certificate authority that is trusted for `rediss:`, beside the built-in ones. */
  readonly ca?: string | undefined;
}

/**
 * Connects to Redis or Valkey: one server, a cluster, or the primary that Sentinels name. Resolves also when the server
 * is down: until it is up, every command fails at once, for nothing is queued. A server that stays silent, or became a
 * replica, is given up and looked for again.
 * @throws SessionStoreError `SESSION_STORE_SETTING` when the setting is not one for Redis.
 */
export async function connectToRedis(
  setting: string,
  { report, ca }: RedisConnectionOptions,
): Promise<RedisConnection> {
  const address = parseRedisAddress(setting);
  const { inTime, NoReply, patience, serversAt } = await import('./redis-servers.ts');
  const open = serversAt(address, ca ? [...(await builtInRoots()), ca] : undefined);
  let available = true;
  let servers: RedisServers | undefined;
  let connecting: Promise<void> | undefined;
  const closing = new AbortController();
  let lastFailure: unknown = new Error('it was not reached yet');
  await Promise.race([connect(), sleep(patience, undefined, { ref: false })]);

  return {
    async sendCommand(command) {
      const asked = servers;
      try {
        if (!asked) throw lastFailure;
        return await inTime(asked.send(command));
      } catch (cause) {
        if (asked && cause instanceof NoReply) lost(asked, cause);
        else if (asked === servers && hasMoved(cause)) lookAgain(cause);
        throw unavailable(cause);
      }
    },

    isSpread: () => servers?.spread ?? false,

    async close() {
      closing.abort();
      await Promise.all([servers?.close(), connecting]);
    },
  };

  function isClosed(): boolean {
    return closing.signal.aborted;
  }

  function lost(which: RedisServers, cause: unknown): void {
    if (which !== servers || isClosed()) return;
    if (!which.spread) {
      which.destroy();
      servers = undefined;
    }
    lookAgain(cause);
  }

  function lookAgain(cause: unknown): void {
    wentAway(cause);
    void connect();
  }

  /** One attempt after the other until all is well again. Never rejects. */
  function connect(): Promise<void> {
    connecting ??= keepTrying().finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  async function keepTrying(): Promise<void> {
    for (let pause = 0; !isClosed(); pause = Math.min(pause + 100, 1000)) {
      await sleep(pause, undefined, { signal: closing.signal }).catch(() => {});
      try {
        await replaceServers();
        cameBack();
        return;
      } catch (cause) {
        wentAway(cause);
      }
    }
  }

  /** What serves a part of the keys, or reads only, goes on with that meanwhile: it is replaced, not dropped. */
  async function replaceServers(): Promise<void> {
    let next: RedisServers | undefined;
    let broken: unknown;
    next = await open((cause) => {
      if (next) lost(next, cause);
      broken = cause;
    });
    if (isClosed()) return next.destroy();
    const former = servers;
    servers = next;
    void former?.close();
    await next.check();
    if (broken) throw broken;
  }

  function wentAway(cause: unknown): void {
    lastFailure = cause;
    if (available && !isClosed()) report({ event: 'session_store_unavailable', error: unavailable(cause) });
    available = false;
  }

  function cameBack(): void {
    if (!available) report({ event: 'session_store_available' });
    available = true;
  }

  function unavailable(cause: unknown): SessionStoreError {
    const { message, name } = cause as Error;
    return new SessionStoreError(
      'SESSION_STORE_UNAVAILABLE',
      `The session store ${address.name} is unavailable: ${message || name}. Check that it runs, that this machine ` +
        'reaches it, and that SESSION_STORE holds the right password. The app recovers by itself.',
      { cause },
    );
  }
}

/** A server that became a replica, or a part of a cluster that nobody serves: others may serve it by now. */
function hasMoved(cause: unknown): boolean {
  return /\b(READONLY|CLUSTERDOWN|MASTERDOWN|MOVED)\b|client is (closed|offline)/i.test((cause as Error).message);
}

async function builtInRoots(): Promise<readonly string[]> {
  const { rootCertificates } = await import('node:tls');
  return rootCertificates;
}
