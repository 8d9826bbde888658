import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from 'express-session';
import type { AuthEvent } from './auth-event.ts';
import type { OAuthClient, TokenSet } from './authorization-code.ts';
import { isPassing, LoginError } from './login-error.ts';
import type { Sealer } from './sealer.ts';
import { destroySession, loadSession, saveSession } from './stored-session.ts';
import type { Login, User } from './user-session.ts';
import { isSame, newLogin, openTokens } from './user-session.ts';

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
/** How long the authorization server is left alone after it failed, in milliseconds, unless it asks for longer. */
const pause = 5_000;
const longestPause = 60_000;
const mostRemembered = 10_000;
/** Together some 15 seconds: less than a lock outlives a store that is away. */
const mostSaves = 30;
const betweenSaves = 500;

/**
 * Makes the renewal of logins: one at a time for a session, in this process and, through `withLock`, in all others.
 * Refreshing is RFC 6749, section 6. Passing trouble at the server leaves the login as it is; a refusal ends the session.
 */
export function createRenewal({
  oauth,
  sealer,
  fetchUser,
  revalidateAfter,
  withLock,
  report,
}: RenewalOptions): Renew {
  const running = new Map<string, RunningRenewal>();
  const restUntil = new Map<string, number>();
  const unsaved = new Map<string, Login>();

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
  async function renewLocked(
    store: Store,
    sessionId: string,
    refusedToken?: string,
  ): Promise<Login | undefined> {
    const login = await load(store, sessionId);
    const tokens = login && openTokens(sealer, sessionId, login);
    if (!login || !tokens) return undefined;
    if ((restUntil.get(sessionId) ?? 0) > Date.now()) return login;
    try {
      const refused = tokens.accessToken === refusedToken;
      const refreshed =
        refused || isRenewalDue(login) ? await refresh(store, sessionId, login, tokens) : login;
      return isVerificationDue(refreshed) ? await verify(store, sessionId, refreshed) : refreshed;
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      return isPassing(error) ? keep(store, sessionId, error) : end(store, sessionId, login, error);
    }
  }

  /** The newest login of a session, with what an earlier renewal could not save. */
  async function load(store: Store, sessionId: string): Promise<Login | undefined> {
    const stored = (await loadSession(store, sessionId))?.login;
    const kept = unsaved.get(sessionId);
    if (!stored || !kept || kept.revision <= stored.revision) return stored;
    await save(store, sessionId, kept);
    return kept;
  }

  /** Saved before anything else happens: a refresh token that replaces another exists only here. */
  async function refresh(store: Store, sessionId: string, login: Login, tokens: TokenSet): Promise<Login> {
    const { refreshToken } = tokens;
    if (!refreshToken) throw new LoginError('token_rejected');
    const fresh = await oauth.refresh({ ...tokens, refreshToken });
    const refreshed = newLogin(sealer, sessionId, fresh, { ...login, revision: login.revision + 1 });
    if (!(await saveInTheEnd(store, sessionId, refreshed))) {
      oauth.revoke(fresh).catch((error) => report({ event: 'revocation_failed', error }));
      throw new LoginError('token_rejected');
    }
    report({ event: 'tokens_refreshed', user: login.user });
    return refreshed;
  }

  /** A token that is refused is refreshed once before the refusal is believed. */
  async function verify(store: Store, sessionId: string, login: Login): Promise<Login | undefined> {
    const tokens = openTokens(sealer, sessionId, login);
    const verified = await askWho(login).catch(async (error) => {
      if (!(error instanceof LoginError && error.reason === 'token_rejected' && tokens?.refreshToken))
        throw error;
      return askWho(await refresh(store, sessionId, login, tokens));
    });
    if (!(await save(store, sessionId, verified))) return undefined;
    report({ event: 'user_verified', user: verified.user });
    return verified;

    async function askWho(asked: Login): Promise<Login> {
      const user = await fetchUser(openTokens(sealer, sessionId, asked)?.accessToken ?? '');
      if (!isSame(user, login.user)) throw new LoginError('identity_mismatch');
      return { ...asked, user, verifiedAt: Date.now(), revision: asked.revision + 1 };
    }
  }

  /** Puts the login into the newest version of the session. Returns false when that was ended meanwhile: it stays ended. */
  async function save(store: Store, sessionId: string, login: Login): Promise<boolean> {
    remember(unsaved, sessionId, login);
    const session = await loadSession(store, sessionId);
    if (session) await saveSession(store, sessionId, { ...session, login });
    unsaved.delete(sessionId);
    return session !== undefined;
  }

  /**
   * While the store is away the only copy of a new refresh token is here. Whoever else would refresh, and use the old
   * one a second time, waits for the lock meanwhile.
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
    const asked = (error.retryAfterSeconds ?? 0) * 1000;
    remember(restUntil, sessionId, Date.now() + Math.min(Math.max(pause, asked), longestPause));
    const login = await load(store, sessionId);
    if (login) report({ event: 'session_kept', error, user: login.user });
    return login;
  }

  async function end(store: Store, sessionId: string, login: Login, error: LoginError): Promise<undefined> {
    await destroySession(store, sessionId);
    report({ event: 'session_ended', error, user: login.user });
    if (!endsQuietly(error)) throw error;
  }

  function isVerificationDue({ verifiedAt }: Login): boolean {
    return Date.now() - verifiedAt >= revalidateAfter * earlyShare;
  }
}

/** Whether the access token ends soon. */
export function isRenewalDue({ renewAt }: Login): boolean {
  return renewAt !== undefined && renewAt <= Date.now();
}

/** After these the person simply logs in again; anything else deserves a page that says why. */
function endsQuietly({ reason }: LoginError): boolean {
  return reason === 'code_rejected' || reason === 'token_rejected';
}

function remember<T>(memory: Map<string, T>, key: string, value: T): void {
  if (memory.size >= mostRemembered) memory.clear();
  memory.set(key, value);
}
