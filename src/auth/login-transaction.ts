import type { Request, Response } from 'express';
import { createCookieJar, readCookie, readCookies } from './cookies.ts';
import { LoginError } from './login-error.ts';
import type { Sealer } from './sealer.ts';

/** What one attempt to log in must remember while the person is at the authorization server. */
export interface LoginTransaction {
  /** RFC 6749, section 10.12: proves that the response answers this browser's own request. */
  readonly state: string;
  /** RFC 7636: proves that whoever redeems the code is whoever asked for it. */
  readonly codeVerifier: string;
  /** A path on this site. */
  readonly returnTo: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** Keeps login transactions in the browser that began them, sealed, one cookie each: the server stores nothing. */
export interface LoginTransactions {
  /** Remembers an attempt. A sixth one in the same browser makes the oldest forgotten; long ones sooner. */
  save(req: Request, res: Response, transaction: LoginTransaction): void;
  /**
   * Hands over the attempt that belongs to `state` and forgets it, whatever becomes of it: one response, one try.
   * Throws `LoginError` when there is none (`cookies_missing`, `login_unknown`) or it is too old (`login_expired`).
   */
  take(req: Request, res: Response, state: unknown): LoginTransaction;
}

const mostAlive = 5;
/** Of the attempts that a new one joins: many proxies refuse more than 8 KB of cookies (nginx, by default). */
const mostCharacters = 4_000;
const lifetime = 10 * 60_000;
/** The cookie outlives the transaction, so that somebody who was slow is told so and can go on to where they went. */
const cookieLifetime = 6 * lifetime;

/** @param cookieName the name's beginning; a part of `state` follows it. */
export function createLoginTransactions(options: {
  sealer: Sealer;
  cookieName: string;
  secure: boolean;
}): LoginTransactions {
  const { sealer, cookieName, secure } = options;
  const cookies = createCookieJar(secure);

  return {
    save(req, res, transaction) {
      forgetOldest(req, res);
      const sealed = sealer.seal(JSON.stringify(transaction), cookieName);
      cookies.set(res, nameFor(transaction.state), sealed, cookieLifetime);
    },
    take(req, res, state) {
      const name = typeof state === 'string' ? nameFor(state) : '';
      const sealed = isOurs(name) ? readCookie(req, name) : undefined;
      if (sealed !== undefined) cookies.clear(res, name);
      const transaction = open(sealed);
      if (!transaction || transaction.state !== state) throw notUnderWay(req, state);
      if (Date.now() - transaction.startedAt > lifetime) {
        throw new LoginError('login_expired', { returnTo: transaction.returnTo });
      }
      return transaction;
    },
  };

  function nameFor(state: string): string {
    return `${cookieName}.${state.slice(0, 16)}`;
  }

  /** Anybody can send a cookie of any name; only ours can be cleared. */
  function isOurs(name: string): boolean {
    return name.startsWith(`${cookieName}.`) && /^[\w-]+$/.test(name.slice(cookieName.length + 1));
  }

  function open(sealed: string | undefined): LoginTransaction | undefined {
    const text = sealed === undefined ? undefined : sealer.open(sealed, cookieName);
    return text === undefined ? undefined : JSON.parse(text);
  }

  function forgetOldest(req: Request, res: Response): void {
    const alive = readCookies(req)
      .filter(([name]) => isOurs(name))
      .map(([name, sealed]) => ({
        name,
        length: sealed.length,
        startedAt: open(sealed)?.startedAt ?? 0,
      }))
      .sort((a, b) => b.startedAt - a.startedAt);
    let size = 0;
    for (const [older, { name, length }] of alive.entries()) {
      size += length;
      if (older >= mostAlive - 1 || size > mostCharacters) cookies.clear(res, name);
    }
  }
}

/** Without a `state` nobody came from the authorization server: the address was opened directly. */
function notUnderWay(req: Request, state: unknown): LoginError {
  return new LoginError(state === undefined || req.headers.cookie ? 'login_unknown' : 'cookies_missing');
}
