import type { RequestHandler } from 'express';
import session, { type Store } from 'express-session';
import { cookieName } from '../auth/index.ts';

/** What the session cookie depends on. */
export interface SessionOptions {
  readonly store: Store;
  /** Newest first: the first signs, every one verifies. */
  readonly secrets: readonly [string, ...string[]];
  readonly redirectUri: string;
  /** Milliseconds the browser may keep the cookie. When a session ends is the store's decision, not the cookie's. */
  readonly maxAge: number;
}

/**
 * The session cookie: HttpOnly, Secure and `__Host-` whenever the public origin is https, SameSite=Lax because a login
 * comes back from another site. Visitors who are not logged in get none.
 */
export function createSessionMiddleware({
  store,
  secrets,
  redirectUri,
  maxAge,
}: SessionOptions): RequestHandler {
  return session({
    store,
    secret: [...secrets],
    name: cookieName('session', redirectUri),
    resave: false,
    saveUninitialized: false,
    cookie: { path: '/', httpOnly: true, secure: redirectUri.startsWith('https:'), sameSite: 'lax', maxAge },
  });
}
