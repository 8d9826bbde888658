import { createClient, createCluster } from '@redis/client';
import type { RedisAddress, RedisNode } from './redis-address.ts';

/** A connection that is ready. It does not come back by itself when it is lost. */
export interface RedisServers {
  /** Sends a command to the server that has its key. Rejects at once when that server is not connected. */
  send(command: string[]): Promise<unknown>;
  /** Rejects when some keys cannot be read, or not be written. */
  check(): Promise<unknown>;
  /** Cuts the connection. What waits for a reply is rejected. */
  destroy(): void;
  /** Waits a little for replies that are under way, then cuts the connection. Never rejects. */
  close(): Promise<void>;
  /** Whether the keys are spread over several servers, so that one can be down while others serve. */
  readonly spread: boolean;
}

/** Connects once. `lost` is called when the connection breaks later. Rejects when nobody is there. */
export type OpenServers = (lost: (cause: unknown) => void) => Promise<RedisServers>;

/** In milliseconds: how long a reply may take. A Redis that is well replies a thousand times faster. */
export const patience = 700;

/** In milliseconds: how long a connection may take to be made, with TLS, from a machine that is busy. */
const connectPatience = 2000;

/**
 * How to connect to what the setting names. A single server is asked what it is: a member of a cluster leads to the
 * whole cluster, and a Sentinel is refused.
 * @param ca PEM text of a certificate authority, trusted beside the built-in ones.
 */
export function serversAt(address: RedisAddress, ca: readonly string[] | undefined): OpenServers {
  const { kind, nodes, database, username, password, masterName } = address;
  const account = withAccount(username, password);
  const settings = { ...account, ...(database > 0 && { database }) };
  let cluster: OpenServers | undefined = kind === 'cluster' ? openCluster(nodes) : undefined;

  return async (lost) => {
    if (cluster) return cluster(lost);
    const node = kind === 'sentinel' ? await askSentinels() : (nodes[0] as RedisNode);
    const client = await openNode(node, settings, lost);
    const { mode, role } = await inTime(client.sendCommand<ServerProperties>(['HELLO', '3'])).catch((error) => {
      client.destroy();
      throw error;
    });
    if (mode === 'cluster' || mode === 'sentinel' || (kind === 'sentinel' && role !== 'master')) {
      client.destroy();
      if (mode === 'sentinel') throw new Error(isSentinel);
      if (mode !== 'cluster') throw new Error(`${node.host}:${node.port} is not the primary any longer`);
      cluster = openCluster([node]);
      return cluster(lost);
    }
    return {
      send: (command) => client.sendCommand(command),
      async check() {
        if (role !== 'master') throw new Error('it is a read-only replica');
      },
      destroy: () => client.destroy(),
      close: () => closeInTime(client),
      spread: false,
    };
  };

  /** Asks one Sentinel after the other where the primary is. */
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

  async function openNode({ host, port }: RedisNode, more: object, lost: (cause: unknown) => void) {
    const client = createClient({ ...more, ...liveness, socket: { ...socket(), host, port } });
    let ready = false;
    client.on('error', (cause) => ready && lost(cause));
    try {
      await inTime(client.connect(), connectPatience);
    } catch (error) {
      client.destroy();
      throw error;
    }
    ready = true;
    return client;
  }

  /** Remembers the nodes it meets, so that any one of them is enough to find the others again. */
  function openCluster(named: readonly RedisNode[]): OpenServers {
    let met: readonly RedisNode[] = [];
    return async (lost) => {
      const known = [
        ...named,
        ...met.filter(({ host, port }) => !named.some((n) => n.host === host && n.port === port)),
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
      client.on('node-error', (cause) => lost(cause));
      try {
        await inTime(client.connect(), connectPatience);
      } catch (error) {
        client.destroy();
        throw failure ?? error;
      }
      met = client.masters.map(({ host, port }) => ({ host, port }));
      return {
        send: (command) => client.sendCommand(keyOf(command), false, command),
        check: () => Promise.all(client.masters.map(async (node) => inTime((await client.nodeClient(node)).ping()))),
        destroy: () => client.destroy(),
        close: () => closeInTime(client),
        spread: true,
      };
    };
  }

  function socket() {
    return {
      ...(address.tls && { tls: true as const, ...(ca && { ca: [...ca] }) }),
      connectTimeout: connectPatience,
      socketTimeout: 2500,
      reconnectStrategy: false as const,
    };
  }
}

/** Of a server's reply to `HELLO`, which every user of Redis 6 or later may send. */
interface ServerProperties {
  readonly mode: 'standalone' | 'cluster' | 'sentinel';
  readonly role: 'master' | 'replica';
}

/** A connection that stays silent is noticed: its writes alone would keep it alive. Nothing waits for a connection. */
const liveness = { disableOfflineQueue: true, pingInterval: 1000 };

const isSentinel =
  'it is a Redis Sentinel, which keeps no sessions. Use redis+sentinel://HOST:PORT,HOST:PORT/MASTER-NAME';

async function closeInTime(client: { close(): Promise<unknown>; destroy(): void }): Promise<void> {
  await inTime(client.close()).catch(() => {});
  client.destroy();
}

/** The key of a command: the first word after the command's name, or after the script and the number of keys. */
function keyOf([command = '', first, , third]: string[]): string | undefined {
  return command.startsWith('EVAL') ? third : first;
}

function withAccount(username: string | undefined, password: string | undefined) {
  return { ...(username !== undefined && { username }), ...(password !== undefined && { password }) };
}

/** A timer may be late as well: what has arrived by then is read before the reply is given up. */
export function inTime<T>(reply: Promise<T>, milliseconds = patience): Promise<T> {
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
