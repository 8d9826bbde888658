// log-in-with-launchdarkly 0.1.0, MIT License
import { setTimeout as sleep } from 'node:timers/promises';
import type { Store } from 'express-session';
import type { OAuthClient, TokenSet } from './authorization-code.ts';
import { createBackoff } from './backoff.ts';
import { type AuthEvent, isTransient, LoginError } from './login-error.ts';
import type { SessionLogins } from './session-logins.ts';
import type { Login, User } from './user-session.ts';
import { fromCallback, isRefreshDue, isSameMember, isVerificationDue, loadSession } from './user-session.ts';

/** What renewing a login needs. */
export interface RenewalOptions {
  readonly oauth: OAuthClient;
  readonly logins: SessionLogins;
  /** Asks the API who the token belongs to. Throws `LoginError`. */
  readonly fetchUser: (accessToken: string) => Promise<User>;
  /** Milliseconds after which the API is asked again who this is. */
  readonly revalidateAfter: number;
  /** Runs one task at a time for a key, across all processes that share the session store. */
  readonly withLock: <T>(key: string, task: () => Promise<T>) => Promise<T>;
  readonly report: (event: AuthEvent) => void;
}

/** A renewal in progress. */
export interface RunningRenewal {
  /** The login afterwards; undefined when the session has ended. Rejects with the `LoginError` to show to the user. */
  readonly outcome: Promise<Login | undefined>;
  /** Epoch milliseconds. */
  readonly startedAt: number;
}

/**
 * Starts a renewal, or joins the one in progress. It refreshes the tokens when they expire soon or `refusedToken` was
 * refused, and asks the API again who this is when its last answer is old.
 */
export type Renew = (store: Store, sessionId: string, refusedToken?: string) => RunningRenewal;

/** About 15 s in total, shorter than a lock is held while the store is unavailable. */
const maxSaves = 30;
const saveRetryDelay = 500;
/** How often, and after how many milliseconds each, the store is read again for another process's refresh. */
const maxLooks = 5;
const lookDelay = 100;

/** A session's login with its tokens opened. */
interface OpenLogin {
  readonly store: Store;
  readonly sessionId: string;
  readonly login: Login;
  readonly tokens: TokenSet;
}

/**
 * Sets up the renewal of logins: one at a time for a session, in this process and, through `withLock`, in all others.
 * Refreshing is RFC 6749, section 6. `invalid_grant` ends the session, and so does an access token that the API refuses.
 * After any other refusal the API is asked with the current token. A transient failure changes nothing.
 */
export function createRenewal({ oauth, logins, fetchUser, revalidateAfter, withLock, report }: RenewalOptions): Renew {
  const running = new Map<string, RunningRenewal>();
  const backoff = createBackoff();

  return function renew(store, sessionId, refusedToken) {
    const key = refusedToken === undefined ? sessionId : `${sessionId} refused`;
    const joined = running.get(key);
    if (joined) return joined;
    const outcome = withLock(sessionId, () => renewLocked(store, sessionId, refusedToken))
      .catch((error) => {
        if (!(error instanceof LoginError)) report({ event: 'renewal_failed', error });
        throw error;
      })
      .finally(() => running.delete(key));
    const started = { outcome, startedAt: Date.now() };
    running.set(key, started);
    return started;
  };

  /** Loads the session under the lock, because another process may have renewed it while this one waited. */
  async function renewLocked(store: Store, sessionId: string, refusedToken?: string): Promise<Login | undefined> {
    const login = logins.latestLogin(await loadSession(store, sessionId));
    const tokens = login && logins.openTokens(login);
    if (!login || !tokens) return undefined;
    const refreshDue = tokens.accessToken === refusedToken || isRefreshDue(login);
    if (!refreshDue && !isVerificationDue(login, revalidateAfter)) return login;
    if (!backoff.allows(sessionId)) return login;
    const open = { store, sessionId, login, tokens };
    try {
      const renewed = await refreshAndVerify(open, refreshDue);
      backoff.answered();
      return renewed;
    } catch (error) {
      if (!(error instanceof LoginError)) throw error;
      const refreshed = error.reason === 'code_rejected' ? await refreshedElsewhere(open) : undefined;
      if (refreshed) return refreshed;
      return isTransient(error) ? keepSession(open, error) : endSession(open, error);
    }
  }

  async function refreshAndVerify(open: OpenLogin, refreshDue: boolean): Promise<Login | undefined> {
    let current = open;
    let refreshError: LoginError | undefined;
    if (refreshDue) {
      try {
        current = await refresh(open);
      } catch (error) {
        if (!(error instanceof LoginError && mayVerifyAfter(error, open))) throw error;
        refreshError = error;
      }
    }
    if (!refreshError && !isVerificationDue(current.login, revalidateAfter)) return current.login;
    const verified = await verify(current, refreshError);
    if (verified && refreshError) {
      backoff.failed(open.sessionId, refreshError);
      report({ event: 'session_kept', error: refreshError, user: verified.user });
    }
    return verified;
  }

  /** Whether the API may be asked with the current token after a refresh failed in this way. */
  function mayVerifyAfter(error: LoginError, { login, tokens }: OpenLogin): boolean {
    if (isTransient(error)) return isVerificationDue(login, revalidateAfter) && !isOutageAtExpiry(error, tokens);
    return error.reason === 'client_rejected' || error.reason === 'token_request_rejected';
  }

  /** Saves the new tokens before anything else, because the old refresh token may no longer be valid. */
  async function refresh(open: OpenLogin): Promise<OpenLogin> {
    const { login, tokens } = open;
    const { refreshToken } = tokens;
    if (!refreshToken) throw new LoginError('token_rejected');
    const fresh = await oauth.refresh({ ...tokens, refreshToken });
    const refreshed = logins.createLogin(fresh, { ...login, revision: login.revision + 1 });
    logins.remember(refreshed);
    if (!(await saveWithRetry(open, refreshed))) {
      oauth.revoke(fresh).catch((error) => report({ event: 'revocation_failed', error }));
      throw new LoginError('token_rejected');
    }
    report({ event: 'tokens_refreshed', user: login.user });
    return { ...open, login: refreshed, tokens: fresh };
  }

  /** When the API refuses the token, refreshes it and asks once more, unless a refresh has failed already. */
  async function verify(open: OpenLogin, refreshError?: LoginError): Promise<Login | undefined> {
    const verified = await askApi(open).catch(async (error) => {
      if (!(error instanceof LoginError && error.reason === 'token_rejected')) throw error;
      if (refreshError) throw new LoginError('token_rejected', { cause: refreshError });
      return askApi(await refreshRefused(open));
    });
    if (!(await save(open, verified))) return undefined;
    report({ event: 'user_verified', user: verified.user });
    return verified;
  }

  async function askApi({ login, tokens }: OpenLogin): Promise<Login> {
    const user = await fetchUser(tokens.accessToken);
    if (!isSameMember(user, login.user)) throw new LoginError('identity_mismatch');
    const now = Date.now();
    // A login that seems to start later was made before the clock was moved back.
    const startedAt = Math.min(login.startedAt, now);
    return { ...login, user, startedAt, verifiedAt: now, revision: login.revision + 1 };
  }

  /** After the API has refused the access token, only an outage at its expiry keeps the session. */
  async function refreshRefused(open: OpenLogin): Promise<OpenLogin> {
    try {
      return await refresh(open);
    } catch (error) {
      if (!(error instanceof LoginError) || isOutageAtExpiry(error, open.tokens)) throw error;
      throw new LoginError('token_rejected', { cause: error });
    }
  }

  /** Writes the login into the stored session. Returns false when that has ended: it stays ended. */
  async function save({ store, sessionId }: OpenLogin, login: Login): Promise<boolean> {
    const session = await loadSession(store, sessionId);
    if (!session || !logins.latestLogin(session)) return false;
    await fromCallback((done) => store.set(sessionId, { ...session, launchDarklyLogin: login }, done));
    logins.remember(login);
    return true;
  }

  /** While the store is unavailable, this process has the only copy of the new refresh token, and it holds the lock. */
  async function saveWithRetry(open: OpenLogin, login: Login): Promise<boolean> {
    for (let attempt = 1; attempt < maxSaves; attempt++) {
      try {
        return await save(open, login);
      } catch {
        await sleep(saveRetryDelay);
      }
    }
    return save(open, login);
  }

  async function keepSession({ store, sessionId }: OpenLogin, error: LoginError): Promise<Login | undefined> {
    backoff.failed(sessionId, error);
    const login = logins.latestLogin(await loadSession(store, sessionId));
    if (login) report({ event: 'session_kept', error, user: login.user });
    return login;
  }

  /**
   * Without a lock, another process may have used the refresh token at the same time. It stores the new tokens within
   * moments; undefined when it does not.
   */
  async function refreshedElsewhere({ store, sessionId, login }: OpenLogin): Promise<Login | undefined> {
    for (let attempt = 0; attempt < maxLooks; attempt++) {
      await sleep(lookDelay);
      const found = logins.latestLogin(await loadSession(store, sessionId));
      if (!found || found.revision > login.revision) return found;
    }
    return undefined;
  }

  async function endSession({ store, sessionId, login }: OpenLogin, error: LoginError): Promise<undefined> {
    logins.forget(login);
    await fromCallback((done) => store.destroy(sessionId, done));
    report({ event: 'session_ended', error, user: login.user });
    if (!isSilent(error)) throw error;
  }
}

/**
 * Whether an outage kept the access token from being replaced when it may have expired. The API then refuses it for being
 * expired, which says nothing about the member.
 */
function isOutageAtExpiry(error: LoginError, { expiresAt }: TokenSet): boolean {
  const mayHaveExpired = expiresAt === undefined || expiresAt <= Date.now();
  return isTransient(error) && error.reason !== 'provider_invalid_response' && mayHaveExpired;
}

/** After these the user only has to log in again. Every other reason deserves a page that explains it. */
function isSilent({ reason }: LoginError): boolean {
  return reason === 'code_rejected' || reason === 'token_rejected';
}
