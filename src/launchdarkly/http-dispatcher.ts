import { rootCertificates } from 'node:tls';
import type { Agent, EnvHttpProxyAgent } from 'undici';

export type HttpDispatcher = Agent | EnvHttpProxyAgent;

const LOOPBACK = 'localhost,127.0.0.1,[::1]';

/** Loads undici and opens its connection pool: direct, or through a proxy with the exceptions that were asked for. */
export async function openDispatcher(options: {
  timeoutMs?: number;
  httpsProxy?: string;
  noProxy?: string;
  ca?: string;
}): Promise<HttpDispatcher> {
  const { Agent, EnvHttpProxyAgent } = await import('undici');
  // A `ca` of one's own replaces the built-in roots, so those are named again.
  const trust = options.ca ? { ca: [...rootCertificates, options.ca] } : {};
  const connect = { ...trust, timeout: options.timeoutMs ?? 10_000 };
  // Every call has a limit of its own as a whole; undici's two would only add timers.
  const limits = { headersTimeout: 0, bodyTimeout: 0 };
  if (!options.httpsProxy) return new Agent({ ...limits, connect });
  return new EnvHttpProxyAgent({
    ...limits,
    connect,
    requestTls: connect,
    proxyTls: connect,
    httpProxy: '',
    httpsProxy: options.httpsProxy,
    noProxy: options.noProxy?.trim() === '*' ? '*' : `${options.noProxy ?? ''},${LOOPBACK}`,
  });
}
