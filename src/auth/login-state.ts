import { createHash, randomBytes } from 'node:crypto';
import type { Sealer } from './sealer.ts';

/** What the `state` of one login attempt says to this app. It is sealed, so nobody else can read it. */
export interface LoginState {
  /** A path on this site. */
  readonly returnTo: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** How often this attempt was restarted because the browser no longer had its cookie. */
  readonly restarts: number;
}

/**
 * Writes and reads `state` (RFC 6749, section 4.1.1). It carries `returnTo`, because nothing else comes back when the
 * browser has lost the login's cookie: cookies for forty tabs would not fit into a request.
 */
export type LoginStates = ReturnType<typeof createLoginStates>;

/** @param sealer for this use only, so that nothing sealed for another use can pass as a `state`. */
export function createLoginStates(sealer: Sealer) {
  return {
    /** 256 random bits and the sealed content: about 100 characters, and 4 more for every 3 of `returnTo`. */
    create({ returnTo, startedAt, restarts }: LoginState): string {
      const random = randomBytes(32).toString('base64url');
      return `${random}.${sealer.seal(JSON.stringify([returnTo, startedAt, restarts]), random)}`;
    },
    /** Undefined when this app did not write it. It proves nothing about the browser that sends it. */
    read(state: unknown): LoginState | undefined {
      if (typeof state !== 'string') return undefined;
      const [random = '', sealed = ''] = state.split('.');
      const content = sealer.open(sealed, random);
      if (content === undefined) return undefined;
      const [returnTo, startedAt, restarts] = JSON.parse(content) as [string, number, number];
      return { returnTo, startedAt, restarts };
    },
  };
}

/** Identifies the attempt that a `state` belongs to: 43 characters (SHA-256, base64url), however long the `state` is. */
export function loginIdOf(state: string): string {
  return createHash('sha256').update(state).digest('base64url');
}

const maxReturnTo = 1000;

/**
 * Where to send the browser after a login: the given value when it is a path on this site, else `/`. Only characters
 * that a browser sends in a request line are accepted, and the path is normalised first, so `//host`, `/\host`,
 * `/.//host`, `https:` and control characters cannot lead to another site. At most 1,000 characters.
 */
export function safeReturnTo(value: unknown): string {
  if (typeof value !== 'string' || value.length > maxReturnTo || !/^\/[\x21-\x7e]*$/.test(value)) return '/';
  const base = 'http://site.invalid';
  if (!URL.canParse(value, base)) return '/';
  const { origin, pathname, search, hash } = new URL(value, base);
  const path = pathname + search + hash;
  return origin === base && !path.startsWith('//') ? path : '/';
}
