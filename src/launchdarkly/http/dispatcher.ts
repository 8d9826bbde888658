import dns from 'node:dns';
import type { LookupFunction } from 'node:net';
import tls from 'node:tls';
import { Agent, type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';

const LOOPBACK = 'localhost,127.0.0.1,[::1]';

/** Opens a connection pool of undici: direct, or through a proxy except for the hosts in `noProxy`. */
export function openDispatcher(options: {
  timeoutMs?: number;
  httpsProxy?: string;
  noProxy?: string;
  ca?: string;
}): Agent | EnvHttpProxyAgent {
  // `ca` replaces the built-in roots, so they are listed again. Parsing them takes longer than a connection: done once.
  const trust = options.ca
    ? { secureContext: tls.createSecureContext({ ca: [...tls.rootCertificates, options.ca] }) }
    : {};
  const timeout = options.timeoutMs ?? 10_000;
  const connect = { ...trust, timeout, lookup };
  // Each call has its own overall limit, so undici's two timeouts are not needed.
  const limits = { headersTimeout: 0, bodyTimeout: 0 };
  if (!options.httpsProxy) return new Agent({ ...limits, connect });
  return new EnvHttpProxyAgent({
    ...limits,
    connect,
    requestTls: connect,
    proxyTls: connect,
    clientFactory: (origin, pool) => openProxyPool(origin, { ...pool, headersTimeout: timeout }),
    httpProxy: '',
    httpsProxy: options.httpsProxy,
    noProxy: options.noProxy?.trim() === '*' ? '*' : `${options.noProxy ?? ''},${LOOPBACK}`,
  });
}

/**
 * Names below `localhost` are this machine (RFC 6761, section 6.3). Browsers act on that, Debian's resolver does not. In a
 * container network such a name can be an alias of another container, so the resolver is asked first.
 */
const lookup: LookupFunction = (hostname, options, done) => {
  dns.lookup(hostname, options, (error, ...found) => {
    if (error && hostname.endsWith('.localhost')) return dns.lookup('localhost', options, done);
    done(error, ...found);
  });
};

/**
 * Connections to the proxy. A failure here is the proxy's, not LaunchDarkly's, so its code says so: `PROXY_CLOSED`, or
 * `PROXY_` and the original code. Renaming matters for another reason too: after a connect error with one of its own
 * socket codes, as when a proxy closes the connection on CONNECT, undici would reconnect endlessly.
 * @param options.headersTimeout limits the wait for a proxy that accepts a CONNECT and does not answer.
 */
function openProxyPool(origin: URL, options: Pool.Options): Pool {
  const pool = new Pool(origin, options);
  const connect: (options: Dispatcher.ConnectOptions) => Promise<Dispatcher.ConnectData> = pool.connect.bind(pool);
  return Object.assign(pool, {
    connect: (options: Dispatcher.ConnectOptions) =>
      connect(options).catch((cause) => {
        if (!cause.code || /^UND_ERR_(ABORTED|DESTROYED)$/.test(cause.code)) throw cause;
        const code = /^UND_ERR_(SOCKET|INFO)$/.test(cause.code) ? 'PROXY_CLOSED' : `PROXY_${cause.code}`;
        throw Object.assign(new Error('The connection to the proxy failed', { cause }), { code });
      }),
  });
}
