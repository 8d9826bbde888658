import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from 'express-session';
import type { AuthEvent } from './auth-event.ts';
import type { OAuthClient, TokenSet } from './authorization-code.ts';
import { createBackoff } from './backoff.ts';
import { isTransient, LoginError } from './login-error.ts';
import type { Sealer } from './sealer.ts';
import { destroySession, loadSession, saveSession } from './stored-session.ts';
import type { Login, User } from './user-session.ts';
import { isSame, loginOf, newLogin, openTokens } from './user-session.ts';

/** What renewing a login needs. */
export interface RenewalOptions {
  readonly oauth: OAuthClient;
  readonly sealer: Sealer;
  /** Asks the API who the token belongs to. Throws `LoginError`. */
  readonly fetchUser: (accessToken: string) => Promise<User>;
  /** Milliseconds after which the API is asked again who this is. */
  readonly revalidateAfter: number;
  /** Runs one task at a time for a key, across every process that shares the session store. */
  readonly withLock: <T>(key: string, task: () => Promise<T>) => Promise<T>;
  readonly report: (event: AuthEvent) => void;
}

/** A renewal that is under way. */
export interface RunningRenewal {
  /** The login afterwards; undefined when the session has ended. Rejects with a `LoginError` that deserves a page. */
  readonly outcome: Promise<Login | undefined>;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/**
 * Starts a renewal, or joins the one that runs: refreshes the tokens when they end soon or `refusedToken` was refused,
 * and asks again who this is when the last answer grows old.
 */
export type Renew = (store: Store, sessionId: string, refusedToken?: string) => RunningRenewal;

/** From this part of `revalidateAfter` on, an answer is old enough to be asked for again. */
export const earlyShare = 0.8;
/** Together some 15 seconds: less than a lock outlives a store that is unavailable. */
const mostSaves = 30;
const betweenSaves = 500;

/** A login and its tokens, opened. */
interface OpenLogin {
  readonly login: Login;
  readonly tokens: TokenSet;
}

/**
 * Makes the renewal of logins: one at a time for a session, in this process and, through `withLock`, in all others.
 * Refreshing is RFC 6749, section 6. `invalid_grant` ends the session, and so does the API when it refuses the token;
 * any other refusal of a refresh leads on to the API with the token at hand. Transient trouble changes nothing.
 */
export function createRenewal({ oauth, sealer, fetchUser, revalidateAfter, withLock, report }: RenewalOptions): Renew {
  const running = new Map<string, RunningRenewal>();
  const backoff = createBackoff();

  return function renew(store, sessionId, refusedToken) {
    const key = refusedToken === undefined ? sessionId : `${sessionId} refused`;
    const joined = running.get(key);
    if (joined) return joined;
    const outcome = withLock(sessionId, () => renewLocked(store, sessionId, refusedToken)).finally(() =>
      running.delete(key),
    );
    const started = { outcome, startedAt: Date.now() };
    running.set(key, started);
    return started;
  };

  /** Lock, reload, look again: another process may have done all of it while this one waited for the lock. */
  async function renewLocked(store: Store, sessionId: string, refusedToken?: string): Promise<Login | undefined> {
    const login = loginOf(await loadSession(store, sessionId));
    const tokens = login && openTokens(sealer, sessionId, login);
    if (!login || !tokens) return undefined;
    const wantsRefresh = tokens.accessToken === refusedToken || isRenewalDue(login);
    if (!wantsRefresh && !isVerificationDue(login)) return login;
    if (!backoff.allows(sessionId)) return login;
    try {
      const renewed = await ask(store, sessionId, { login, tokens }, wantsRefresh);
      backoff.answered();
      return renewed;
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      return isTransient(error) ? keep(store, sessionId, error) : end(store, sessionId, login, error);
    }
  }

  /** Refreshes when that is wanted, and asks the API when that is due or a failed refresh leads there. */
  async function ask(
    store: Store,
    sessionId: string,
    held: OpenLogin,
    wantsRefresh: boolean,
  ): Promise<Login | undefined> {
    let current = held;
    let refreshError: LoginError | undefined;
    if (wantsRefresh) {
      try {
        current = await refresh(store, sessionId, held);
      } catch (error) {
        if (!(error instanceof LoginError && leadsToApi(error, held))) throw error;
        refreshError = error;
      }
    }
    if (!refreshError && !isVerificationDue(current.login)) return current.login;
    const verified = await verify(store, sessionId, current, refreshError);
    if (verified && refreshError) {
      backoff.failed(sessionId, refreshError);
      report({ event: 'session_kept', error: refreshError, user: verified.user });
    }
    return verified;
  }

  /** Whether the API is asked with the token at hand after this failure of a refresh. */
  function leadsToApi(error: LoginError, { login, tokens }: OpenLogin): boolean {
    if (isTransient(error)) return isVerificationDue(login) && !isTroubleAtExpiry(error, tokens);
    return error.reason === 'client_rejected' || error.reason === 'token_request_rejected';
  }

  /** Saved before anything else happens: a refresh token that replaces another exists only here. */
  async function refresh(store: Store, sessionId: string, { login, tokens }: OpenLogin): Promise<OpenLogin> {
    const { refreshToken } = tokens;
    if (!refreshToken) throw new LoginError('token_rejected');
    const fresh = await oauth.refresh({ ...tokens, refreshToken });
    const refreshed = newLogin(sealer, sessionId, fresh, { ...login, revision: login.revision + 1 });
    if (!(await saveInTheEnd(store, sessionId, refreshed))) {
      oauth.revoke(fresh).catch((error) => report({ event: 'revocation_failed', error }));
      throw new LoginError('token_rejected');
    }
    report({ event: 'tokens_refreshed', user: login.user });
    return { login: refreshed, tokens: fresh };
  }

  /** A token that is refused is refreshed once before the refusal is believed, unless that has failed already. */
  async function verify(
    store: Store,
    sessionId: string,
    held: OpenLogin,
    refreshError?: LoginError,
  ): Promise<Login | undefined> {
    const verified = await askWho(held).catch(async (error) => {
      if (!(error instanceof LoginError && error.reason === 'token_rejected')) throw error;
      if (refreshError) throw new LoginError('token_rejected', { cause: refreshError });
      return askWho(await refreshRefused(store, sessionId, held));
    });
    if (!(await save(store, sessionId, verified))) return undefined;
    report({ event: 'user_verified', user: verified.user });
    return verified;
  }

  async function askWho({ login, tokens }: OpenLogin): Promise<Login> {
    const user = await fetchUser(tokens.accessToken);
    if (!isSame(user, login.user)) throw new LoginError('identity_mismatch');
    const now = Date.now();
    // A login that seems to begin later was made before the clock was set back.
    const startedAt = Math.min(login.startedAt, now);
    return { ...login, user, startedAt, verifiedAt: now, revision: login.revision + 1 };
  }

  /** After the API refused the access token, no other failure of a refresh but trouble at expiry keeps the session. */
  async function refreshRefused(store: Store, sessionId: string, held: OpenLogin): Promise<OpenLogin> {
    try {
      return await refresh(store, sessionId, held);
    } catch (error) {
      if (!(error instanceof LoginError) || isTroubleAtExpiry(error, held.tokens)) throw error;
      throw new LoginError('token_rejected', { cause: error });
    }
  }

  /** Puts the login into the newest version of the session. Returns false when that was ended meanwhile: it stays ended. */
  async function save(store: Store, sessionId: string, login: Login): Promise<boolean> {
    const session = await loadSession(store, sessionId);
    if (session) await saveSession(store, sessionId, { ...session, login });
    return session !== undefined;
  }

  /**
   * While the store is unavailable the only copy of a new refresh token is here. Other processes, which would use the
   * old one a second time, wait for the lock meanwhile.
   */
  async function saveInTheEnd(store: Store, sessionId: string, login: Login): Promise<boolean> {
    for (let attempt = 1; attempt < mostSaves; attempt++) {
      try {
        return await save(store, sessionId, login);
      } catch {
        await sleep(betweenSaves);
      }
    }
    return save(store, sessionId, login);
  }

  async function keep(store: Store, sessionId: string, error: LoginError): Promise<Login | undefined> {
    backoff.failed(sessionId, error);
    const login = loginOf(await loadSession(store, sessionId));
    if (login) report({ event: 'session_kept', error, user: login.user });
    return login;
  }

  async function end(store: Store, sessionId: string, login: Login, error: LoginError): Promise<undefined> {
    await destroySession(store, sessionId);
    report({ event: 'session_ended', error, user: login.user });
    if (!endsQuietly(error)) throw error;
  }

  function isVerificationDue(login: Login): boolean {
    return answerAge(login) >= revalidateAfter * earlyShare;
  }
}

/** Whether the access token ends soon. */
export function isRenewalDue({ renewAt }: Login): boolean {
  return renewAt !== undefined && renewAt <= Date.now();
}

/** Milliseconds by which the clocks of two machines may differ. */
const clockTolerance = 5_000;

/** Milliseconds since the API said who this is; Infinity when that seems to lie ahead, for the clock was set back. */
export function answerAge({ verifiedAt }: Login): number {
  const age = Date.now() - verifiedAt;
  return age < -clockTolerance ? Number.POSITIVE_INFINITY : age;
}

/**
 * Whether the token could not be replaced because of trouble at the server, and may have reached its end: the API then
 * refuses it for that, which says nothing about the member.
 */
function isTroubleAtExpiry(error: LoginError, { expiresAt }: TokenSet): boolean {
  const mayHaveExpired = expiresAt === undefined || expiresAt <= Date.now();
  return isTransient(error) && error.reason !== 'provider_nonsense' && mayHaveExpired;
}

/** After these the person simply logs in again; anything else deserves a page that says why. */
function endsQuietly({ reason }: LoginError): boolean {
  return reason === 'code_rejected' || reason === 'token_rejected';
}
