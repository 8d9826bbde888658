import { setTimeout as sleep } from 'node:timers/promises';
import { SessionStoreError } from './backend.ts';
import { parseRedisAddress } from './redis-address.ts';
import type { RedisServers } from './redis-servers.ts';

/** An event of the connection, to be logged. */
export type ConnectionEvent =
  | { readonly event: 'session_store_unavailable'; readonly error: SessionStoreError }
  | { readonly event: 'session_store_available' };

/** A connection whose commands succeed or fail within a second, and that reconnects by itself. */
export interface RedisConnection {
  /**
   * Sends a command with one key, such as `['GET', 'key']`, and resolves to the reply. Rejects within a second with
   * `SessionStoreError` `SESSION_STORE_UNAVAILABLE`; `cause` is the server's error, if any.
   */
  readonly sendCommand: (command: string[]) => Promise<unknown>;
  /** Whether the keys are distributed over several servers (Redis Cluster). */
  isCluster(): boolean;
  close(): Promise<void>;
}

export interface RedisConnectionOptions {
  /** Called when the store becomes unavailable, and when it is available again. */
  readonly report: (event: ConnectionEvent) => void;
  /** PEM text of a certificate authority trusted for `rediss:`, in addition to the built-in ones. */
  readonly ca?: string | undefined;
}

/**
 * Connects to Redis or Valkey: one server, a cluster, or the primary that Sentinels name. Resolves even when the server is
 * down; until it is up, every command fails at once, because nothing is queued. A server that does not reply, or has become
 * a replica, is dropped, and the connection is made again.
 * @throws SessionStoreError `SESSION_STORE_SETTING` when the setting is not one for Redis.
 */
export async function connectToRedis(
  setting: string,
  { report, ca }: RedisConnectionOptions,
): Promise<RedisConnection> {
  const address = parseRedisAddress(setting);
  const { inTime, NoReply, replyTimeoutMs, serversAt } = await import('./redis-servers.ts');
  const open = serversAt(address, ca ? [...(await builtInRoots()), ca] : undefined);
  let available = true;
  let servers: RedisServers | undefined;
  let connecting: Promise<void> | undefined;
  const closing = new AbortController();
  let lastFailure: unknown = new Error('it was not reached yet');
  await Promise.race([connect(), sleep(replyTimeoutMs, undefined, { ref: false })]);

  return {
    async sendCommand(command) {
      const used = servers;
      try {
        if (!used) throw lastFailure;
        return await inTime(used.send(command));
      } catch (cause) {
        if (used && cause instanceof NoReply) onLost(used, cause);
        else if (used === servers && needsReconnect(cause)) reconnect(cause);
        throw unavailable(cause);
      }
    },

    isCluster: () => servers?.cluster ?? false,

    async close() {
      closing.abort();
      await Promise.all([servers?.close(), connecting]);
    },
  };

  function isClosed(): boolean {
    return closing.signal.aborted;
  }

  function onLost(which: RedisServers, cause: unknown): void {
    if (which !== servers || isClosed()) return;
    if (!which.cluster) {
      which.destroy();
      servers = undefined;
    }
    reconnect(cause);
  }

  function reconnect(cause: unknown): void {
    onDown(cause);
    void connect();
  }

  /** Tries until it succeeds. Never rejects. */
  function connect(): Promise<void> {
    connecting ??= connectWithRetries().finally(() => {
      connecting = undefined;
    });
    return connecting;
  }

  async function connectWithRetries(): Promise<void> {
    for (let pause = 0; !isClosed(); pause = Math.min(pause + 100, 1000)) {
      await sleep(pause, undefined, { signal: closing.signal }).catch(() => {});
      try {
        await replaceServers();
        onUp();
        return;
      } catch (cause) {
        onDown(cause);
      }
    }
  }

  /** The former servers stay in use until now: they may still serve some of the keys, or reads. */
  async function replaceServers(): Promise<void> {
    let next: RedisServers | undefined;
    let failure: unknown;
    next = await open((cause) => {
      if (next) onLost(next, cause);
      failure = cause;
    });
    if (isClosed()) return next.destroy();
    const former = servers;
    servers = next;
    void former?.close();
    await next.check();
    if (failure) throw failure;
  }

  function onDown(cause: unknown): void {
    lastFailure = cause;
    if (available && !isClosed()) report({ event: 'session_store_unavailable', error: unavailable(cause) });
    available = false;
  }

  function onUp(): void {
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

/** The server became a replica, or a part of the cluster is down: another server may be responsible by now. */
function needsReconnect(cause: unknown): boolean {
  return /\b(READONLY|CLUSTERDOWN|MASTERDOWN|MOVED)\b|client is (closed|offline)/i.test((cause as Error).message);
}

async function builtInRoots(): Promise<readonly string[]> {
  const { rootCertificates } = await import('node:tls');
  return rootCertificates;
}
