import { isLoopbackHost } from '../auth/plain-http.ts';

/**
 * What follows from the registered redirect URI. It alone says where users reach this app: the origin is never taken
 * from a request.
 */
export type RedirectUri = Readonly<ReturnType<typeof parseRedirectUri>>;

/** Reads an absolute http or https URL. Throws `TypeError` for anything else. */
export function parseRedirectUri(href: string) {
  const url = new URL(href);
  const hostname = url.hostname.replace(/^\[|\]$/g, '');
  const secure = url.protocol === 'https:';
  const loopback = isLoopbackHost(hostname);
  const basePath = /^(.*)\/auth\/callback$/.exec(url.pathname)?.[1] ?? '';
  return {
    /** The registered string, unchanged: LaunchDarkly compares it character by character. */
    href,
    /** `https://app.example.com`, without a trailing slash. */
    origin: url.origin,
    /** `app.example.com:8443`: what a browser sends in `Host`. */
    host: url.host,
    /** `app.example.com`; an IPv6 address without its brackets. */
    hostname,
    /** The port that the URI names or its scheme implies. */
    port: Number(url.port) || (secure ? 443 : 80),
    /** The URI's path, e.g. `/auth/callback`. */
    callbackPath: url.pathname,
    /** The path that the whole app is below: `/tools` when `callbackPath` is `/tools/auth/callback`, otherwise empty. */
    basePath,
    /** `callbackPath` without `basePath`: where the app's router expects the callback. */
    callbackRoute: url.pathname.slice(basePath.length),
    /** `origin` and `basePath`: the address of the home page, without a slash at the end. */
    site: url.origin + basePath,
    /** Whether browsers reach the app over https: Secure and `__Host-` cookies, HSTS. */
    secure,
    /** `localhost`, the names below it, and the loopback addresses. */
    loopback,
    /** A name that means this machine only: loopback or `*.test`. */
    local: loopback || hostname.endsWith('.test'),
  };
}

/** The app's own pages. A callback at one of these would shadow the page, or never be reached. */
export const ownPages = [
  '/account',
  '/auth/login',
  '/auth/logout',
  '/auth/verify',
  '/button',
  '/healthz',
  '/logged-out',
  '/projects',
  '/readyz',
  '/troubleshooting',
] as const;

/** Everything below these is the app's own: static files, the JSON API, and the tutorial. */
const ownFolders = ['/api', '/assets', '/flow', '/tutorial'] as const;

/**
 * Whether the app can be below this base path. A proxy may remove it from the requests, so it must not begin like an own
 * path: it could not be told whether `/account` then is a page of the app or its home page.
 */
export function isPossibleBase(basePath: string): boolean {
  const [, first] = decoded(basePath).toLowerCase().split('/');
  return ![...ownPages, ...ownFolders].some((path) => path.split('/')[1] === first);
}

/**
 * Whether a path, as in a URL, is one of the app's own. The home page `/` is not: it can also be the callback.
 * Case and trailing slashes are ignored, as in Express.
 */
export function isOwnPath(path: string): boolean {
  const plain = decoded(path).toLowerCase().replace(/\/+$/, '');
  return (
    ownPages.some((page) => page === plain) ||
    ownFolders.some((folder) => plain === folder || plain.startsWith(`${folder}/`))
  );
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
