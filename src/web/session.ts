import { randomUUID } from 'node:crypto';
import type { RequestHandler } from 'express';
import session, { type Store } from 'express-session';
import { cookieName } from '../auth/index.ts';
import type { AppConfig } from '../config/config.ts';

/**
 * The session cookie: HttpOnly, Secure and `__Host-` whenever the public origin is https, SameSite=Lax because a login
 * comes back from another site. Visitors who are not logged in get none. The browser may keep the cookie as long as a
 * session can last; when it ends is the store's decision, not the cookie's.
 */
export function createSessionMiddleware(
  { redirectUri, sessionSecrets, sessionMax }: Pick<AppConfig, 'redirectUri' | 'sessionSecrets' | 'sessionMax'>,
  store: Store,
): RequestHandler {
  return session({
    store,
    // 122 random bits (RFC 9562); Node draws them for many ids at a time.
    genid: () => randomUUID(),
    secret: [...sessionSecrets],
    name: cookieName('session', redirectUri.href),
    resave: false,
    saveUninitialized: false,
    cookie: { path: '/', httpOnly: true, secure: redirectUri.secure, sameSite: 'lax', maxAge: sessionMax },
  });
}
