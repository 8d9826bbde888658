/** Where the app itself answers. A callback at one of these would shadow the page, or never be reached. */
export const ownPages = [
  '/account',
  '/auth/login',
  '/auth/logout',
  '/auth/verify',
  '/button',
  '/flow',
  '/healthz',
  '/logged-out',
  '/projects',
  '/readyz',
  '/troubleshooting',
  '/tutorial',
] as const;

/** Everything below these is the app's: files for pages, and JSON for programs (even its failures). */
export const ownFolders = ['/api', '/assets'] as const;

/**
 * Whether a path, as in a URL, is one of the app's own. The home page `/` is not: it can be the callback as well.
 * Case and trailing slashes do not matter, as in Express.
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
