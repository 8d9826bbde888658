import { createClient, createCluster } from '@redis/client';
import type { RedisAddress, RedisNode } from './redis-address.ts';

/** An open connection. It does not reconnect by itself. */
export interface RedisServers {
  /** Sends a command to the server that has its key. Rejects at once when that server is not connected. */
  send(command: string[]): Promise<unknown>;
  /** Rejects when some keys cannot be read, or not be written. */
  check(): Promise<unknown>;
  /** Closes the connection. Pending commands are rejected. */
  destroy(): void;
  /** Waits briefly for pending replies, then closes the connection. Never rejects. */
  close(): Promise<void>;
  /** Whether the keys are distributed over several servers, of which some can be down. */
  readonly cluster: boolean;
}

/** Connects once. `onLost` is called when the connection breaks later. Rejects when the server is down. */
export type OpenServers = (onLost: (cause: unknown) => void) => Promise<RedisServers>;

/** How long a reply may take, in milliseconds. A healthy Redis replies a thousand times faster. */
export const replyTimeoutMs = 700;

/** How long connecting may take, in milliseconds, with TLS, on a busy machine. */
const connectTimeoutMs = 2000;

/**
 * Returns how to connect to the servers that the setting names. A single server is asked for its mode: a cluster node leads
 * to the whole cluster, and a Sentinel is refused.
 * @param ca PEM text of all trusted certificate authorities; undefined for the built-in ones.
 */
export function serversAt(address: RedisAddress, ca: readonly string[] | undefined): OpenServers {
  const { kind, nodes, database, username, password, masterName } = address;
  const account = withAccount(username, password);
  const settings = { ...account, ...(database > 0 && { database }) };
  let openWholeCluster: OpenServers | undefined = kind === 'cluster' ? openCluster(nodes) : undefined;

  return async (onLost) => {
    if (openWholeCluster) return openWholeCluster(onLost);
    const node = kind === 'sentinel' ? await askSentinels() : (nodes[0] as RedisNode);
    const client = await openNode(node, settings, onLost);
    const { mode, role } = await inTime(client.sendCommand<ServerProperties>(['HELLO', '3'])).catch((error) => {
      client.destroy();
      throw error;
    });
    if (mode === 'cluster' || mode === 'sentinel' || (kind === 'sentinel' && role !== 'master')) {
      client.destroy();
      if (mode === 'sentinel') throw new Error(isSentinel);
      if (mode !== 'cluster') throw new Error(`${node.host}:${node.port} is no longer the primary`);
      openWholeCluster = openCluster([node]);
      return openWholeCluster(onLost);
    }
    return {
      send: (command) => client.sendCommand(command),
      async check() {
        if (role !== 'master') throw new Error('it is a read-only replica');
      },
      destroy: () => client.destroy(),
      close: () => closeInTime(client),
      cluster: false,
    };
  };

  /** Asks the Sentinels, one after the other, for the address of the primary. */
  async function askSentinels(): Promise<RedisNode> {
    const sentinelAccount = withAccount(address.sentinelUsername, address.sentinelPassword);
    let failure: unknown;
    for (const sentinel of nodes) {
      try {
        const client = await openNode(sentinel, sentinelAccount, () => {});
        const question = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', masterName];
        const found = inTime(client.sendCommand<string[] | null>(question)).finally(() => client.destroy());
        const [host, port] = (await found) ?? [];
        if (host && port) return { host, port: Number(port) };
        failure = new Error(`the Sentinel knows no primary with the name ${masterName}`);
      } catch (error) {
        failure = error;
      }
    }
    throw failure;
  }

  async function openNode({ host, port }: RedisNode, more: object, onLost: (cause: unknown) => void) {
    const client = createClient({ ...more, ...liveness, socket: { ...socket(), host, port } });
    let ready = false;
    client.on('error', (cause) => ready && onLost(cause));
    try {
      await inTime(client.connect(), connectTimeoutMs);
    } catch (error) {
      client.destroy();
      throw error;
    }
    ready = true;
    return client;
  }

  /** Remembers all nodes it has found, so that any of them is enough to find the others again. */
  function openCluster(named: readonly RedisNode[]): OpenServers {
    let found: readonly RedisNode[] = [];
    return async (onLost) => {
      const known = [
        ...named,
        ...found.filter(({ host, port }) => !named.some((n) => n.host === host && n.port === port)),
      ];
      const client = createCluster({
        rootNodes: known.map(({ host, port }) => ({ socket: { ...socket(), host, port } })),
        defaults: { ...account, ...liveness, socket: socket() },
        minimizeConnections: true,
        topologyRefreshOnReconnectionAttemptStrategy: false,
      });
      let failure: unknown;
      client.on('error', (cause) => {
        failure = cause;
      });
      client.on('node-error', onLost);
      try {
        await inTime(client.connect(), connectTimeoutMs);
      } catch (error) {
        client.destroy();
        throw failure ?? error;
      }
      found = client.masters.map(({ host, port }) => ({ host, port }));
      return {
        send: (command) => client.sendCommand(keyOf(command), false, command),
        check: () => Promise.all(client.masters.map(async (node) => inTime((await client.nodeClient(node)).ping()))),
        destroy: () => client.destroy(),
        close: () => closeInTime(client),
        cluster: true,
      };
    };
  }

  function socket() {
    return {
      ...(address.tls && { tls: true as const, ...(ca && { ca: [...ca] }) }),
      connectTimeout: connectTimeoutMs,
      socketTimeout: 2500,
      reconnectStrategy: false as const,
    };
  }
}

/** Part of the reply to `HELLO`, which every user of Redis 6 or later may send. */
interface ServerProperties {
  readonly mode: 'standalone' | 'cluster' | 'sentinel';
  readonly role: 'master' | 'replica';
}

/** Regular pings detect a dead connection, which writes would not. Commands fail instead of waiting for a connection. */
const liveness = { disableOfflineQueue: true, pingInterval: 1000 };

const isSentinel =
  'it is a Redis Sentinel, which keeps no sessions. Use redis+sentinel://HOST:PORT,HOST:PORT/MASTER-NAME';

async function closeInTime(client: { close(): Promise<unknown>; destroy(): void }): Promise<void> {
  await inTime(client.close()).catch(() => {});
  client.destroy();
}

/** The key of a command: its first argument, or for a script the one after the digest and the number of keys. */
function keyOf([command = '', first, , third]: string[]): string | undefined {
  return command.startsWith('EVAL') ? third : first;
}

function withAccount(username: string | undefined, password: string | undefined) {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

/** Rejects with `NoReply` after the time. The event loop may be late: replies that have arrived are read first. */
export function inTime<T>(reply: Promise<T>, milliseconds = replyTimeoutMs): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => setImmediate(() => reject(new NoReply(milliseconds))), milliseconds);
    reply.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

/** The server did not reply in time. */
export class NoReply extends Error {
  constructor(milliseconds: number) {
    super(`no reply within ${milliseconds} ms`);
  }
}
