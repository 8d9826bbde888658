import type { Request, Response } from 'express';
import { cookieOptions, readCookies } from './cookies.ts';
import { LoginError } from './login-error.ts';
import { loginIdOf } from './login-state.ts';
import type { Sealer } from './sealer.ts';

/** What the browser of one attempt to log in must bring back from the authorization server. */
export interface LoginTransaction {
  /** RFC 6749, section 10.12: proves that the response answers this browser's own request. */
  readonly state: string;
  /** RFC 7636: proves that the client redeeming the code is the one that requested it. */
  readonly codeVerifier: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** The id stands for `state`, so that the cookie stays small however long `returnTo` is. */
interface StoredTransaction extends Omit<LoginTransaction, 'state'> {
  readonly id: string;
}

/** Keeps login transactions in the browser that began them, sealed, one cookie each: the server stores nothing. */
export interface LoginTransactions {
  /** Remembers an attempt. A sixth one in the same browser takes the place of the oldest. */
  save(req: Request, res: Response, transaction: LoginTransaction): void;
  /**
   * Returns the attempt that belongs to `state` and clears its cookie, whatever becomes of it. Throws `LoginError` when
   * there is none (`cookies_missing`, `login_unknown`) or it is too old (`login_expired`).
   */
  take(req: Request, res: Response, state: unknown): LoginTransaction;
  /** The ids (`loginIdOf`) of the attempts this browser remembers that are not too old. */
  pending(req: Request): string[];
}

/**
 * Cookies `<name>.0` to `<name>.4`. Tabs that are opened together send no cookie yet, so nothing could be cleared for
 * them: a fixed set of names is what keeps a browser's cookies small, whatever happens (under 2 KB for all five).
 */
const slots = ['0', '1', '2', '3', '4'];
const lifetime = 10 * 60_000;

/** Whether an attempt that began then (epoch milliseconds) is too old to be finished. */
export function isTooOld({ startedAt }: { readonly startedAt: number }): boolean {
  return Date.now() - startedAt > lifetime;
}

/** @param options.secure whether the cookies are sent over https only. */
export function createLoginTransactions(options: {
  sealer: Sealer;
  /** The beginning of the cookies' names. */
  cookieName: string;
  secure: boolean;
}): LoginTransactions {
  const { sealer, cookieName, secure } = options;
  const attributes = cookieOptions(secure);

  return {
    save(req, res, { state, ...rest }) {
      const stored: StoredTransaction = { id: loginIdOf(state), ...rest };
      const sealed = sealer.seal(JSON.stringify(stored), cookieName);
      res.cookie(slotFor(req), sealed, { ...attributes, maxAge: lifetime });
    },
    take(req, res, state) {
      const id = typeof state === 'string' ? loginIdOf(state) : undefined;
      const found = readAll(req).find(({ stored }) => stored.id === id);
      if (typeof state !== 'string' || !found) throw notUnderWay(req, state);
      res.clearCookie(found.name, attributes);
      if (isTooOld(found.stored)) throw new LoginError('login_expired');
      const { codeVerifier, startedAt } = found.stored;
      return { state, codeVerifier, startedAt };
    },
    pending: (req) =>
      readAll(req)
        .filter(({ stored }) => !isTooOld(stored))
        .map(({ stored }) => stored.id),
  };

  function readAll(req: Request): { name: string; stored: StoredTransaction }[] {
    return Object.entries(readCookies(req)).flatMap(([name, sealed]) => {
      const stored = name.startsWith(`${cookieName}.`) ? open(sealed) : undefined;
      return stored ? [{ name, stored }] : [];
    });
  }

  /** An earlier version kept `state` itself; its logins may be under way during an upgrade. */
  function open(sealed = ''): StoredTransaction | undefined {
    const text = sealer.open(sealed, cookieName);
    if (text === undefined) return undefined;
    const { state, id = loginIdOf(state), ...rest } = JSON.parse(text);
    return { id, ...rest };
  }

  /** A free slot, any one of them: tabs that are opened together should not all choose the same. Else the oldest. */
  function slotFor(req: Request): string {
    const used = readAll(req).sort((a, b) => a.stored.startedAt - b.stored.startedAt);
    const names = slots.map((slot) => `${cookieName}.${slot}`);
    const free = names.filter((name) => !used.some((other) => other.name === name));
    const oldest = used.find(({ name }) => names.includes(name));
    return free[Math.floor(Math.random() * free.length)] ?? oldest?.name ?? `${cookieName}.0`;
  }
}

/** Without a `state` nobody came from the authorization server: the address was opened directly. */
function notUnderWay(req: Request, state: unknown): LoginError {
  return new LoginError(state === undefined || req.headers.cookie ? 'login_unknown' : 'cookies_missing');
}
