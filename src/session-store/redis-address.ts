import { SessionStoreError } from './backend.ts';

/** One server. `host` is a name or an address, IPv6 without brackets. */
export interface RedisNode {
  readonly host: string;
  readonly port: number;
}

/** The parts of a `SESSION_STORE` setting for Redis. */
export interface RedisAddress {
  /** `single` also covers a cluster that is named by one of its nodes; the server then says so. */
  readonly kind: 'single' | 'cluster' | 'sentinel';
  readonly tls: boolean;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  /** The Redis server, some nodes of the cluster, or the Sentinels. */
  readonly nodes: readonly RedisNode[];
  /** The Sentinels' name of the primary. */
  readonly masterName: string;
  /** Credentials for the Sentinels; they often need none. */
  readonly sentinelUsername: string | undefined;
  readonly sentinelPassword: string | undefined;
  /** The setting without credentials, for messages. */
  readonly name: string;
}

const shape =
  /^(?<scheme>redis(?<tls>s)?(?:\+(?<kind>cluster|sentinel))?):\/\/(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]+)(?:\/(?<path>[^?#]*))?(?:\?(?<query>[^#]*))?$/i;

/**
 * Reads `redis[s]://[USER:PASSWORD@]HOST[:PORT][/DATABASE]`, `redis[s]+cluster://[USER:PASSWORD@]HOST:PORT[,…]` or
 * `redis[s]+sentinel://[USER:PASSWORD@]HOST:PORT[,…]/MASTER[/DATABASE][?sentinelUsername=…&sentinelPassword=…]`.
 * @throws SessionStoreError `SESSION_STORE_SETTING`, without quoting the setting, which may hold a password.
 */
export function parseRedisAddress(setting: string): RedisAddress {
  try {
    return parse(setting);
  } catch {
    throw new SessionStoreError(
      'SESSION_STORE_SETTING',
      'SESSION_STORE is not a complete address of a Redis: use redis://[USER:PASSWORD@]HOST:PORT[/DATABASE-NUMBER], ' +
        'redis+cluster://[USER:PASSWORD@]HOST:PORT,HOST:PORT or redis+sentinel://[USER:PASSWORD@]HOST:PORT,HOST:PORT/MASTER-NAME; ' +
        'rediss in place of redis for TLS. Characters such as / # @ in a password must be percent-encoded.',
    );
  }
}

function parse(setting: string): RedisAddress {
  const {
    scheme,
    tls,
    kind: named,
    user = '',
    hosts,
    path: after = '',
    query: search,
  } = shape.exec(setting)?.groups ?? {};
  if (!hosts) throw new Error('another shape');
  const kind = (named?.toLowerCase() ?? 'single') as RedisAddress['kind'];
  const nodes = hosts.split(',').map((host) => parseNode(host, kind === 'sentinel' ? 26_379 : 6379));
  if (kind === 'single' && nodes.length > 1) throw new Error('several hosts');
  const path = after.split('/').map(decodeURIComponent);
  const masterName = kind === 'sentinel' ? path.shift() : '';
  if (masterName === undefined || (kind === 'sentinel' && !masterName)) throw new Error('no name');
  const [database = '', ...rest] = path;
  if (!/^\d*$/.test(database) || rest.length > 0 || (kind === 'cluster' && database)) throw new Error('another path');
  const [username, ...password] = user.split(':').map(decodeURIComponent);
  const query = new URLSearchParams(search);
  return {
    kind,
    tls: tls !== undefined,
    username: username || undefined,
    password: password.join(':') || undefined,
    database: Number(database),
    nodes,
    masterName,
    sentinelUsername: query.get('sentinelUsername') ?? undefined,
    sentinelPassword: query.get('sentinelPassword') ?? undefined,
    name: `${scheme}://${hosts}`,
  };
}

function parseNode(text: string, defaultPort: number): RedisNode {
  const { hostname, port } = new URL(`redis://${text}`);
  if (!hostname) throw new Error('no host');
  return { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || defaultPort) };
}
