import tls from 'node:tls';
import { Agent, EnvHttpProxyAgent, Pool } from 'undici';

/** A connection pool of undici: direct, or through a proxy. */
export type HttpDispatcher = Agent | EnvHttpProxyAgent;

const LOOPBACK = 'localhost,127.0.0.1,[::1]';

/** Opens a connection pool: direct, or through a proxy with the exceptions that were asked for. */
export function openDispatcher(options: {
  timeoutMs?: number;
  httpsProxy?: string;
  noProxy?: string;
  ca?: string;
}): HttpDispatcher {
  // A `ca` of one's own replaces the built-in roots, so those are named again; once, for reading them takes longer
  // than a connection.
  const trust = options.ca
    ? { secureContext: tls.createSecureContext({ ca: [...tls.rootCertificates, options.ca] }) }
    : {};
  const timeout = options.timeoutMs ?? 10_000;
  const connect = { ...trust, timeout };
  // Every call has a limit of its own as a whole; undici's two would only add timers.
  const limits = { headersTimeout: 0, bodyTimeout: 0 };
  if (!options.httpsProxy) return new Agent({ ...limits, connect });
  return new EnvHttpProxyAgent({
    ...limits,
    connect,
    requestTls: connect,
    proxyTls: connect,
    // Bounds the wait for a proxy that takes a CONNECT and says nothing.
    clientFactory: (origin, pool) => new Pool(origin, { ...pool, headersTimeout: timeout }),
    httpProxy: '',
    httpsProxy: options.httpsProxy,
    noProxy: options.noProxy?.trim() === '*' ? '*' : `${options.noProxy ?? ''},${LOOPBACK}`,
  });
}
