// log-in-with-launchdarkly 0.1.0, MIT License
import { randomUUID } from 'node:crypto';
import type { CookieOptions, Request } from 'express';
import type { SessionData } from 'express-session';
import type { TokenSet } from './authorization-code.ts';
import { readCookies } from './login-transaction.ts';
import type { Sealer } from './sealer.ts';
import type { CompletedLogin, Login, User } from './user-session.ts';
import { fromCallback, isSameMember, isText, loadSession, loginOf } from './user-session.ts';

/** What a host app may do while a login completes. */
export interface LoginHooks<U extends User = User> {
  /**
   * Called when a member has been let in, before the session is stored. What it writes to `req.session`, which is new and
   * empty, is stored with it. When it throws, nobody is logged in.
   */
  readonly onLogin?: ((req: Request, login: CompletedLoginDetails<U>) => void | Promise<void>) | undefined;
  /**
   * Called when a user logs out, before the session is destroyed. `tokens` are revoked afterwards; undefined when they can
   * no longer be opened. When it throws, the session ends anyway, and the logout fails with that error.
   */
  readonly onLogout?:
    | ((req: Request, login: { user: U; tokens: TokenSet | undefined }) => void | Promise<void>)
    | undefined;
  /** Keys of the previous session's data to keep, e.g. a cart or a language. */
  readonly keepInSession?: readonly string[] | undefined;
}

/** What `onLogin` is told. */
export interface CompletedLoginDetails<U extends User = User> {
  readonly user: U;
  readonly tokens: TokenSet;
  /** A copy of the session's data as it was before the login. */
  readonly previousSession: Readonly<Record<string, unknown>>;
}

/** A session that a login has just started. */
export interface StartedSession {
  readonly sessionId: string;
  readonly user: User;
  /** Milliseconds the browser keeps its cookie; null for until it is closed. */
  readonly cookieMaxAge: number | null;
}

const maxCompletedLogins = 5;
const maxRemembered = 5_000;

/** The logins of one OAuth2 client in the host app's sessions. */
export type SessionLogins = ReturnType<typeof createSessionLogins>;

/**
 * Remembers the latest version of the logins that this process has changed. Many session stores let a slow request write
 * back the session as it was when the request began: an old login, or one that has ended, is then recognised.
 */
export function createSessionLogins<U extends User = User>({
  sealer,
  clientId,
  onLogin,
  keepInSession = [],
}: LoginHooks<U> & { sealer: Sealer; clientId: string }) {
  /** By login id; undefined for a login that has ended. */
  const latest = new Map<string, Login | undefined>();
  /** Sessions that are about to be stored for the first time. */
  const starting = new WeakSet<object>();

  return {
    ...{ currentLogin, latestLogin, hasEnded, createLogin, openTokens, remember, forget, isStarting },
    ...{ startSession, joinSession, endSession },
  };

  /** The login of this request's session; undefined when nobody is logged in with this client. */
  function currentLogin(req: Request): Login | undefined {
    return latestLogin(req.session);
  }

  /** The login of a session, in its latest version; undefined when there is none with this client, or it has ended. */
  function latestLogin(session: Partial<SessionData> | undefined): Login | undefined {
    const login = loginOf(session);
    if (login?.clientId !== clientId) return undefined;
    if (!latest.has(login.id)) return login;
    const known = latest.get(login.id);
    return known && known.revision < login.revision ? login : known;
  }

  /** Whether the session holds a login that has ended: a slow request wrote it back. */
  function hasEnded(session: Partial<SessionData> | undefined): boolean {
    const login = loginOf(session);
    return login !== undefined && latest.has(login.id) && !latest.get(login.id);
  }

  /** Whether this session is the one that a login has just started. */
  function isStarting(session: object): boolean {
    return starting.has(session);
  }

  /** A login whose tokens are sealed for it. */
  function createLogin(
    tokens: TokenSet,
    rest: Pick<Login, 'id' | 'user' | 'startedAt' | 'verifiedAt' | 'revision'>,
  ): Login {
    const { id, user, startedAt, verifiedAt, revision } = rest;
    const sealed = sealer.seal(JSON.stringify(tokens), id);
    const renewAt = whenToRenew(tokens);
    const login = { id, clientId, user, startedAt, verifiedAt, revision, tokens: sealed };
    return renewAt === undefined ? login : { ...login, renewAt };
  }

  /** The tokens of a login; undefined when they cannot be opened, e.g. after every secret was replaced. */
  function openTokens({ id, tokens }: Login): TokenSet | undefined {
    const text = sealer.open(tokens, id);
    return text === undefined ? undefined : (JSON.parse(text) as TokenSet);
  }

  /** Keeps the latest version of a login in mind, unless the login has ended. */
  function remember(login: Login): void {
    if (!latest.has(login.id) || latest.get(login.id)) note(login.id, login);
  }

  /** The login has ended, whatever the session store says later. */
  function forget({ id }: Login): void {
    note(id, undefined);
  }

  function note(id: string, login: Login | undefined): void {
    latest.delete(id);
    latest.set(id, login);
    const [oldest] = latest.keys();
    if (latest.size > maxRemembered && oldest !== undefined) latest.delete(oldest);
  }

  /**
   * Starts a session under a new id (against session fixation) and waits until it is stored, so that the next request
   * finds it. The old session's data is dropped, except for `keepInSession` and the completed logins of the same member.
   * When the session cannot be stored, the request has no session afterwards.
   * @returns the tokens of the replaced login, to be revoked, when it was another member's. One's own older tokens are
   * kept, because revoking them might revoke the new ones as well (RFC 7009, section 2.1, leaves that to the server).
   */
  async function startSession(
    req: Request,
    { user, tokens, state, returnTo }: { user: User; tokens: TokenSet; state: string; returnTo: string },
  ): Promise<TokenSet | undefined> {
    const before = currentLogin(req);
    const sameMember = before !== undefined && isSameMember(before.user, user);
    const replaced = before && !sameMember ? openTokens(before) : undefined;
    const completed = sameMember ? completedLogins(req) : [];
    const { cookie: _, ...previousSession } = JSON.parse(JSON.stringify({ ...req.session })) as Record<string, unknown>;
    await fromCallback((done) => req.session.regenerate(done));
    if (before) forget(before);
    const kept = Object.entries(previousSession).filter(([key]) => keepInSession.includes(key));
    Object.assign(req.session, Object.fromEntries(kept));
    const now = Date.now();
    const times = { startedAt: now, verifiedAt: now, revision: 1 };
    req.session.launchDarklyLogin = createLogin(tokens, { id: randomUUID(), user, ...times });
    req.session.finishedLogins = [...completed, { state: statePrefix(state), returnTo }].slice(-maxCompletedLogins);
    const { session } = req;
    starting.add(session);
    try {
      await onLogin?.(req, { user: user as U, tokens, previousSession });
      await fromCallback((done) => req.session.save(done));
    } catch (error) {
      endSession(req).catch(() => {});
      throw error;
    } finally {
      starting.delete(session);
    }
    return replaced;
  }
}

/**
 * Ends the session for good. Resolves when the store has deleted it. The answer then tells the browser to delete the cookie
 * and the pages in its back/forward cache. Chromium evicts most of them when the cookie changes, but not a page that a
 * redirect from another site led to, such as the first one after a login.
 */
async function endSession(req: Request): Promise<void> {
  if (!req.session) return;
  const { path, domain, secure, httpOnly, sameSite, partitioned } = req.session.cookie as CookieOptions;
  await fromCallback((done) => req.session.destroy(done));
  // express-session does not say what its cookie is called. The value begins with `s:` and the session id.
  const [name] = Object.entries(readCookies(req)).find(([, value]) => value?.startsWith(`s:${req.sessionID}.`)) ?? [];
  if (name === undefined || !req.res || req.res.headersSent) return;
  req.res.clearCookie(name, { path, domain, secure, httpOnly, sameSite, partitioned });
  req.res.set('Clear-Site-Data', '"cache"');
}

/**
 * Gives the request, and by its cookie the browser, a session that another load of the same callback has started.
 * Resolves to false when that session has ended.
 */
async function joinSession(req: Request, started: StartedSession): Promise<boolean> {
  const found = await loadSession(req.sessionStore, started.sessionId);
  if (!found) return false;
  req.sessionID = started.sessionId;
  req.sessionStore.createSession(req, found);
  req.session.cookie.originalMaxAge = started.cookieMaxAge;
  return true;
}

/** Where a login that this session has completed led; undefined when `state` belongs to none of its logins. */
export function completedLoginReturnTo(req: Request, state: unknown): string | undefined {
  if (!isText(state)) return undefined;
  return completedLogins(req).find((login) => login.state === statePrefix(state))?.returnTo;
}

function completedLogins(req: Request): CompletedLogin[] {
  const completed: unknown = req.session?.finishedLogins;
  return Array.isArray(completed) ? completed.filter((login) => isText(login?.state) && isText(login.returnTo)) : [];
}

function statePrefix(state: string): string {
  return state.slice(0, 16);
}

/** A little before the token expires, so that none expires on its way. Without a refresh token, when it expires. */
function whenToRenew({ expiresAt, refreshToken }: TokenSet): number | undefined {
  if (expiresAt === undefined || !refreshToken) return expiresAt;
  return expiresAt - Math.min(30_000, (expiresAt - Date.now()) / 10);
}

/** Throws when express-session has not run for this request, with what to do about it. */
export function assertSession(req: Request): void {
  if (typeof req.session?.regenerate === 'function') return;
  throw new Error(
    'This request has no session of express-session. Mount express-session before auth.router, auth.requireLogin and ' +
      'auth.loadLogin (cookie-session cannot take its place). If it is mounted, its store is disconnected.',
  );
}
