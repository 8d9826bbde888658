const longest = 1000;

/**
 * Where to send the browser after a login: the given value when it is a path on this site, else `/`. Only what a
 * browser itself would put into a request line passes, so `//host`, `/\host`, `/.//host`, `https:` and control
 * characters cannot lead anywhere else. At most 1,000 characters, since it travels in a cookie.
 */
export function safeReturnTo(value: unknown): string {
  if (typeof value !== 'string' || value.length > longest || !/^\/[\x21-\x7e]*$/.test(value)) return '/';
  const base = 'http://site.invalid';
  if (!URL.canParse(value, base)) return '/';
  const { origin, pathname, search, hash } = new URL(value, base);
  const path = pathname + search + hash;
  return origin === base && !path.startsWith('//') ? path : '/';
}
