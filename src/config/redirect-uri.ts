/**
 * What the registered redirect URI decides. It is the one truth about where the public reaches this app:
 * nothing about the origin is ever taken from a request.
 */
export interface RedirectUri {
  /** The registered string itself, character for character: LaunchDarkly compares it exactly. */
  readonly href: string;
  /** `https://app.example.com`, without a trailing slash. */
  readonly origin: string;
  /** `app.example.com:8443`: what a browser puts into `Host`. */
  readonly host: string;
  /** `app.example.com`; an IPv6 address without its brackets. */
  readonly hostname: string;
  /** The port that the URI names or its scheme implies. */
  readonly port: number;
  /** The path of the callback route, e.g. `/auth/callback`. */
  readonly callbackPath: string;
  /** Whether browsers reach the app by https: Secure and `__Host-` cookies, HSTS. */
  readonly secure: boolean;
  /** `localhost` and the loopback addresses. */
  readonly loopback: boolean;
  /** A name that only this machine knows: loopback, `*.localhost` or `*.test`. */
  readonly local: boolean;
}

/** Reads an absolute http or https URL. Throws `TypeError` when it is none. */
export function parseRedirectUri(href: string): RedirectUri {
  const url = new URL(href);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const loopback = isLoopbackHost(hostname);
  return {
    href,
    origin: url.origin,
    host: url.host,
    hostname,
    port: Number(url.port) || (secure ? 443 : 80),
    callbackPath: url.pathname,
    secure,
    loopback,
    local: loopback || /\.(localhost|test)$/.test(hostname),
  };
}

/** `localhost`, 127.0.0.0/8 or ::1; brackets around an IPv6 address do not matter. */
export function isLoopbackHost(hostname: string): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(hostname);
}
