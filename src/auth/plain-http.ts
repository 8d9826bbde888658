// log-in-with-launchdarkly 0.1.0, MIT License
/** `localhost` and the names below it (RFC 6761, section 6.3), 127.0.0.0/8 or ::1; brackets around it do not matter. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(([a-z0-9_-]+\.)*localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}

/**
 * Whether a URL may be used: https always, plain http where it stays on this machine, and for hosts that were listed on
 * purpose, such as a sandbox in a container network.
 *
 * @param plainHttpHosts names without port.
 */
export function isHttpsOrAllowed(url: string, plainHttpHosts: readonly string[] = []): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === 'https:' || isLoopbackHost(hostname) || plainHttpHosts.includes(hostname);
}

/** A sentence for people when a URL is plain http to a name that another machine may have; else undefined. */
export function plainHttpWarning(url: string): string | undefined {
  const { protocol, hostname, origin } = new URL(url);
  if (protocol === 'https:' || (isLoopbackHost(hostname) && !hostname.endsWith('.localhost'))) return undefined;
  return `${origin} is plain http: the client secret and tokens travel unencrypted. Use it for a sandbox only.`;
}
