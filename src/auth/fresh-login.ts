import type { Request } from 'express';
import { LoginError } from './login-error.ts';
import type { RenewalOptions } from './token-refresh.ts';
import { answerAge, createRenewal, earlyShare, isRenewalDue } from './token-refresh.ts';
import type { Login } from './user-session.ts';
import { currentLogin, endUserSession, openTokens } from './user-session.ts';

/** What keeping a login alive needs. */
export interface LiveLoginOptions extends RenewalOptions {
  /** Milliseconds a login may last. */
  readonly maxAge: number;
}

/** A login that is refreshed and checked again as it grows old. */
export interface LiveLogin {
  /**
   * The login of this request, refreshed and re-checked when that is due; undefined when nobody is logged in. Throws
   * `LoginError` when the person may no longer enter. Trouble at the authorization server throws nothing: the session
   * stays as it is.
   */
  ensure(req: Request): Promise<Login | undefined>;
  /**
   * Runs `task` with the access token. When that fails with `status` 401, the token is refreshed and the task run once
   * more; a second 401 ends the session. Throws `LoginError`: `login_required` when nobody is logged in, `provider_failed`
   * when the token cannot be refreshed for now, another reason when the person may no longer enter. Rejects with what
   * `task` or the session store throws.
   */
  withAccessToken<T>(req: Request, task: (accessToken: string) => Promise<T>): Promise<T>;
}

/** How long a visitor waits for a renewal, in milliseconds, before the last known answer is used. */
const patience = 2_500;

/** Makes what keeps logins alive. `maxAge` and `revalidateAfter` are milliseconds. */
export function createLiveLogin(options: LiveLoginOptions): LiveLogin {
  const { sealer, maxAge, revalidateAfter } = options;
  const renew = createRenewal(options);

  return {
    async ensure(req) {
      const login = currentLogin(req);
      if (!login) return undefined;
      if (Date.now() - login.startedAt > maxAge) return end(req);
      const age = answerAge(login);
      if (isRenewalDue(login) || age >= revalidateAfter) return waitForRenewal(req, login);
      if (age >= revalidateAfter * earlyShare) renewUnseen(req);
      return login;
    },

    async withAccessToken(req, task) {
      const used = accessToken(req);
      try {
        return await task(used);
      } catch (error) {
        if (!isUnauthorized(error)) throw error;
      }
      const login = await renew(req.sessionStore, req.sessionID, used).outcome;
      if (!login) return refuse(req);
      req.session.login = login;
      const fresh = accessToken(req);
      if (fresh === used) throw new LoginError('provider_failed');
      return task(fresh).catch((error) => (isUnauthorized(error) ? refuse(req) : Promise.reject(error)));
    },
  };

  function accessToken(req: Request): string {
    const login = currentLogin(req);
    const tokens = login && openTokens(sealer, req.sessionID, login);
    if (!tokens) throw new LoginError('login_required');
    return tokens.accessToken;
  }

  async function waitForRenewal(req: Request, login: Login): Promise<Login | undefined> {
    const { outcome, startedAt } = renew(req.sessionStore, req.sessionID);
    const left = Math.min(startedAt + patience - Date.now(), patience);
    const renewed = await Promise.race([outcome, after(left, login)]);
    if (!renewed) return end(req);
    if (renewed.revision > login.revision) req.session.login = renewed;
    return renewed;
  }

  /** In the background; the next request sees the result. */
  function renewUnseen(req: Request): void {
    renew(req.sessionStore, req.sessionID).outcome.catch(() => {});
  }
}

async function end(req: Request): Promise<undefined> {
  await endUserSession(req);
}

async function refuse(req: Request): Promise<never> {
  await endUserSession(req);
  throw new LoginError('login_required');
}

function isUnauthorized(error: unknown): boolean {
  return (error as { status?: unknown } | undefined)?.status === 401;
}

function after<T>(milliseconds: number, value: T): Promise<T> {
  return new Promise((resolve) => setTimeout(resolve, Math.max(0, milliseconds), value).unref());
}
