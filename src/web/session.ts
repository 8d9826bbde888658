import { randomUUID } from 'node:crypto';
import type { CookieOptions, Request, RequestHandler } from 'express';
import session, { type SessionOptions, type Store } from 'express-session';
import { cookieName, currentLogin } from '../auth/index.ts';
import type { AppConfig } from '../config/config.ts';

/**
 * The session cookie: HttpOnly; Secure and `__Host-` when the public origin is https; SameSite=Lax, because a login
 * returns from another site. Visitors who are not logged in get none. The cookie lasts as long as a session can; the
 * store decides when a session ends. A cookie without a session is deleted when a page is visited with it.
 */
export function createSessionMiddleware(
  { redirectUri, sessionSecrets, sessionMax }: Pick<AppConfig, 'redirectUri' | 'sessionSecrets' | 'sessionMax'>,
  store: Store,
): RequestHandler {
  const name = cookieName('session', redirectUri.href);
  const attributes: CookieOptions = { path: '/', httpOnly: true, secure: redirectUri.secure, sameSite: 'lax' };
  return session({
    store,
    secret: [...sessionSecrets],
    name,
    resave: false,
    saveUninitialized: false,
    cookie: { ...attributes, maxAge: sessionMax } as SessionOptions['cookie'] & object,
    // express-session asks for an id only when it has found no session.
    genid(req) {
      if (isDead(req)) req.res?.clearCookie(name, attributes).set('Clear-Site-Data', '"cache"');
      return randomUUID();
    },
  });

  /** The callback may wait for another tab's login, and would then delete the cookie that this tab has just got. */
  function isDead({ headers, path }: Request): boolean {
    return headers.cookie?.includes(`${name}=`) === true && path !== redirectUri.callbackRoute;
  }
}

/** The times of a session, all in epoch milliseconds. */
export interface SessionTimes {
  readonly startedAt: number;
  /** When LaunchDarkly last confirmed who this is. */
  readonly verifiedAt: number;
  /** When the session ends if it is not used before. */
  readonly idleExpiresAt: number;
  /** When the session ends in any case. */
  readonly expiresAt: number;
}

/**
 * The times of a logged-in request's session. `sessionIdle` and `sessionMax` are in milliseconds. Throws `RangeError`
 * when nobody is logged in.
 */
export function sessionTimes(
  req: Request,
  { sessionIdle, sessionMax }: Pick<AppConfig, 'sessionIdle' | 'sessionMax'>,
): SessionTimes {
  const login = currentLogin(req);
  if (!login) throw new RangeError('Nobody is logged in.');
  const { startedAt, verifiedAt } = login;
  const expiresAt = startedAt + sessionMax;
  return { startedAt, verifiedAt, idleExpiresAt: Math.min(Date.now() + sessionIdle, expiresAt), expiresAt };
}
