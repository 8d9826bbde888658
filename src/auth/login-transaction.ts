// log-in-with-launchdarkly 0.1.0, MIT License
import { hash } from 'node:crypto';
import { parseCookie } from 'cookie';
import type { CookieOptions, Request, Response } from 'express';
import { LoginError } from './login-error.ts';
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
    /**
     * The sealed content: about 60 characters, and 4 more for every 3 of `returnTo`. It begins with 96 random bits, and
     * nobody without the key can write or guess the rest.
     */
    create({ returnTo, startedAt, restarts }: LoginState): string {
      return sealer.seal(JSON.stringify([returnTo, startedAt, restarts]), 'state');
    },
    /** Undefined when this app did not write it. It proves nothing about the browser that sends it. */
    read(state: unknown): LoginState | undefined {
      if (typeof state !== 'string') return undefined;
      const content = sealer.open(state, 'state');
      if (content === undefined) return undefined;
      const [returnTo, startedAt, restarts] = JSON.parse(content) as [string, number, number];
      return { returnTo, startedAt, restarts };
    },
  };
}

/** Identifies the attempt that a `state` belongs to: 43 characters (SHA-256, base64url), however long the `state` is. */
export function loginIdOf(state: string): string {
  return hash('sha256', state, 'base64url');
}

const maxReturnTo = 1000;

/**
 * Where to send the browser after a login: the given value when it is a path on this site, else `/`. Only characters
 * that a browser sends in a request line are accepted, and the path is normalised first, so `//host`, `/\host`,
 * `/.//host`, `https:` and control characters cannot lead to another site. At most 1,000 characters.
 * @param origins other origins that a URL may lead to.
 */
export function safeReturnTo(value: unknown, origins: readonly string[] = []): string {
  if (typeof value === 'string' && value.length <= maxReturnTo && URL.canParse(value)) {
    const { origin, username, href } = new URL(value);
    return origins.includes(origin) && username === '' ? href : '/';
  }
  if (typeof value !== 'string' || value.length > maxReturnTo || !/^\/[\x21-\x7e]*$/.test(value)) return '/';
  const base = 'http://site.invalid';
  if (!URL.canParse(value, base)) return '/';
  const { origin, pathname, search, hash } = new URL(value, base);
  const path = pathname + search + hash;
  return origin === base && !path.startsWith('//') ? path : '/';
}

/** What the browser must bring back from the authorization server to finish one login attempt. */
export interface LoginTransaction {
  /** `loginIdOf(state)`. */
  readonly id: string;
  /** RFC 6749, section 10.12: proves that the response answers this browser's own request. */
  readonly state: string;
  /** RFC 7636: proves that the client redeeming the code is the one that requested it. */
  readonly codeVerifier: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/** The id stands for `state`, so that the cookie stays small however long `returnTo` is. */
type StoredTransaction = Omit<LoginTransaction, 'state'>;

/** Keeps login transactions in the browser that began them: one sealed cookie each. The server stores nothing. */
export type LoginTransactions = ReturnType<typeof createLoginTransactions>;

/**
 * Cookies `<name>.0` to `<name>.4`. Tabs that are opened together send no cookie yet, so none could be cleared for them:
 * a fixed set of names keeps a browser's cookies under 2 KB in every case.
 */
const slots = ['0', '1', '2', '3', '4'];
const lifetime = 10 * 60_000;

/** Whether an attempt that began then (epoch milliseconds) is too old to be finished. */
export function isTooOld({ startedAt }: { readonly startedAt: number }): boolean {
  return Date.now() - startedAt > lifetime;
}

/**
 * @param options.cookieName what the cookies' names start with.
 * @param options.secure whether the cookies are sent over https only.
 */
export function createLoginTransactions(options: { sealer: Sealer; cookieName: string; secure: boolean }) {
  const { sealer, cookieName, secure } = options;
  const attributes = cookieOptions(secure);
  const slotNames = slots.map((slot) => `${cookieName}.${slot}`);

  return {
    /** Remembers an attempt. A sixth one in the same browser replaces the oldest. */
    save(req: Request, res: Response, { state, ...rest }: Omit<LoginTransaction, 'id'>): void {
      const stored: StoredTransaction = { id: loginIdOf(state), ...rest };
      const sealed = sealer.seal(JSON.stringify(stored), cookieName);
      res.cookie(slotFor(readAll(req, res)), sealed, { ...attributes, maxAge: lifetime });
    },
    /**
     * Returns the attempt that belongs to `state` and clears its cookie, also when the login then fails. Throws
     * `LoginError` when there is none (`cookies_missing`, `login_unknown`) or it is too old (`login_expired`).
     */
    take(req: Request, res: Response, state: unknown): LoginTransaction {
      const id = typeof state === 'string' ? loginIdOf(state) : undefined;
      const found = readAll(req, res).find(({ stored }) => stored.id === id);
      if (typeof state !== 'string' || !found) throw notFound(req, state);
      res.clearCookie(found.name, attributes);
      if (isTooOld(found.stored)) throw new LoginError('login_expired');
      return { state, ...found.stored };
    },
    /** The ids (`loginIdOf`) of the attempts in this browser that are not too old. */
    pending: (req: Request): string[] =>
      readAll(req)
        .filter(({ stored }) => !isTooOld(stored))
        .map(({ stored }) => stored.id),
  };

  /** The attempts in this browser. With `res`, the cookies that cannot be opened are deleted. */
  function readAll(req: Request, res?: Response): { name: string; stored: StoredTransaction }[] {
    return Object.entries(readCookies(req)).flatMap(([name, sealed = '']) => {
      if (!name.startsWith(`${cookieName}.`)) return [];
      const text = sealer.open(sealed, cookieName);
      if (text !== undefined) return [{ name, stored: JSON.parse(text) as StoredTransaction }];
      if (slotNames.includes(name)) res?.clearCookie(name, attributes);
      return [];
    });
  }

  /** A random free slot, because tabs opened together should not all choose the same; else the oldest. */
  function slotFor(attempts: ReturnType<typeof readAll>): string {
    const used = attempts.sort((a, b) => a.stored.startedAt - b.stored.startedAt);
    const free = slotNames.filter((name) => !used.some((other) => other.name === name));
    const oldest = used.find(({ name }) => slotNames.includes(name));
    return free[Math.floor(Math.random() * free.length)] ?? oldest?.name ?? `${cookieName}.0`;
  }
}

/** Without a `state` this is no authorization response: the address was opened directly. */
function notFound(req: Request, state: unknown): LoginError {
  return new LoginError(state === undefined || req.headers.cookie ? 'login_unknown' : 'cookies_missing');
}

/** The codes that this process is redeeming or has just redeemed, by login id (`loginIdOf`). */
export type Redemptions<T> = ReturnType<typeof createRedemptions<T>>;

/** A browser that reloads the callback has not seen the first answer's cookies: for this long it may ask again. */
const redemptionMaxAge = 60_000;
/** About 2 MB. */
const maxRedemptions = 10_000;

/**
 * Sends a code once, even when its callback is loaded twice. A server that sees a code again should revoke what it
 * issued for it (RFC 6749, section 4.1.2), and the user would be logged out. Failed runs are forgotten at once.
 */
export function createRedemptions<T>() {
  const runs = new Map<string, { run: Promise<T>; startedAt: number }>();

  return {
    /** Runs `redeem`, unless this login is known: then it settles as the first run does. */
    once(loginId: string, redeem: () => Promise<T>): Promise<T> {
      const known = runs.get(loginId);
      if (known) return known.run;
      forgetOld();
      const run = redeem();
      runs.set(loginId, { run, startedAt: Date.now() });
      run.catch(() => runs.delete(loginId));
      return run;
    },
    /** The run of this login; undefined when there is none or it failed. */
    find: (loginId: string): Promise<T> | undefined => runs.get(loginId)?.run,
  };

  /** A Map iterates in insertion order, so the oldest come first. */
  function forgetOld(): void {
    for (const [loginId, { startedAt }] of runs) {
      if (runs.size < maxRedemptions && Date.now() - startedAt < redemptionMaxAge) return;
      runs.delete(loginId);
    }
  }
}

/**
 * The cookies of a request by name, values decoded. Only spaces and tabs around a name are removed (RFC 6265, section
 * 4.2.1): a browser keeps other sites from setting `__Host-…`, but not `\xA0__Host-…`. When a name occurs twice, the
 * first one counts.
 */
export function readCookies({ headers }: Request): Partial<Record<string, string>> {
  return parseCookie(headers.cookie ?? '');
}

/**
 * Options for `res.cookie` and `res.clearCookie`: for the whole site, HttpOnly and SameSite=Lax.
 * @param secure whether the cookie is sent over https only.
 */
export function cookieOptions(secure: boolean): CookieOptions {
  return { path: '/', httpOnly: true, secure, sameSite: 'lax' };
}
