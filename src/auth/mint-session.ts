// log-in-with-launchdarkly 0.1.0, MIT License
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import type { SessionData, Store } from 'express-session';
import type { TokenSet } from './authorization-code.ts';
import { createTokenSealer } from './sealer.ts';
import { createSessionLogins } from './session-logins.ts';
import { fromCallback, type User } from './user-session.ts';

/** What `mintSession` needs to know. */
export interface MintedSessionOptions {
  /** The store that the app under test uses. */
  readonly store: Store;
  /** express-session's `secret`; the first when there are several. */
  readonly sessionSecret: string;
  /** express-session's `name`, default `connect.sid`. */
  readonly cookieName?: string;
  /** The `secrets` of `createAuth`. */
  readonly secrets: readonly string[];
  /** The `clientId` of `createAuth`. */
  readonly clientId: string;
  /** Who is logged in. */
  readonly user: User;
  /** Tokens for calls to the API; default: an access token that no server knows, valid for an hour. */
  readonly tokens?: TokenSet;
}

/**
 * Logs a user in without a login, for tests: puts a session into the store and returns its cookie, the value encoded as a
 * cookie needs it. Pass the secrets and the client id that the app under test uses. Rejects with the store's error.
 * With supertest: `.set('Cookie', `${name}=${value}`)`; with Playwright: `context.addCookies([{ name, value, url }])`.
 */
export async function mintSession(options: MintedSessionOptions): Promise<{ name: string; value: string }> {
  const { store, sessionSecret, cookieName = 'connect.sid', secrets, clientId, user } = options;
  const now = Date.now();
  const tokens = options.tokens ?? { accessToken: 'a token of a test', expiresAt: now + 3_600_000 };
  const sessionId = randomBytes(24).toString('base64url');
  const { createLogin } = createSessionLogins({ sealer: createTokenSealer(secrets), clientId });
  const times = { startedAt: now, verifiedAt: now, revision: 1 };
  const launchDarklyLogin = createLogin(tokens, { id: randomUUID(), user, ...times });
  const session = { cookie: { path: '/', originalMaxAge: null }, launchDarklyLogin } as SessionData;
  await fromCallback((done) => store.set(sessionId, session, done));
  return { name: cookieName, value: encodeURIComponent(sign(sessionId, sessionSecret)) };
}

/** As express-session signs its cookie. */
function sign(sessionId: string, secret: string): string {
  const signature = createHmac('sha256', secret).update(sessionId).digest('base64').replace(/=+$/, '');
  return `s:${sessionId}.${signature}`;
}
