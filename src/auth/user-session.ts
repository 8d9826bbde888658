import type { Request } from 'express';
import type { SessionData, Store } from 'express-session';
import type { TokenSet } from './authorization-code.ts';
import type { Sealer } from './sealer.ts';

/** The member who is logged in, as `fetchUser` described them. */
export interface User {
  /** The member's id; unique together with `accountId`. */
  readonly id: string;
  readonly accountId: string;
  readonly email: string;
  readonly firstName?: string;
  readonly lastName?: string;
  /** The base role. */
  readonly role: string;
  readonly customRoles: readonly string[];
  readonly teams: readonly { readonly key: string; readonly name: string }[];
}

/** What a session keeps of a login. All times are epoch milliseconds. */
export interface Login {
  readonly user: User;
  readonly startedAt: number;
  /** When the API last confirmed who this is. */
  readonly verifiedAt: number;
  /** When to replace the access token: shortly before it expires. Undefined when the server did not say. */
  readonly renewAt?: number;
  /** The sealed `TokenSet`. It is sent only to the authorization server and its API. */
  readonly tokens: string;
  /** Grows with every change, so that a late write of an older login can be recognised. */
  readonly revision: number;
}

declare module 'express-session' {
  interface SessionData {
    login?: Login;
    /** The last few, for a callback that is loaded again. */
    finishedLogins?: readonly CompletedLogin[];
  }
}

interface CompletedLogin {
  /** The first characters of its `state`. */
  readonly state: string;
  readonly returnTo: string;
}

/** Who is logged in, or undefined. */
export function currentUser(req: Request): User | undefined {
  return currentLogin(req)?.user;
}

/** The login behind the current session, or undefined. */
export function currentLogin(req: Request): Login | undefined {
  return loginOf(req.session);
}

/**
 * The login of a session, or undefined. Another version of this code, or another program, may have written to the store:
 * a login of any other shape does not count.
 */
export function loginOf(session: Partial<SessionData> | undefined): Login | undefined {
  const login = session?.login;
  return isLogin(login) ? login : undefined;
}

function isLogin(login: unknown): login is Login {
  if (!isObject(login)) return false;
  const { user, startedAt, verifiedAt, renewAt, tokens, revision } = login;
  return (
    isUser(user) &&
    isTime(startedAt) &&
    isTime(verifiedAt) &&
    (renewAt === undefined || typeof renewAt === 'number') &&
    isText(tokens) &&
    Number.isSafeInteger(revision)
  );
}

function isUser(user: unknown): boolean {
  if (!isObject(user)) return false;
  const { id, accountId, email, role, firstName = '', lastName = '', customRoles, teams } = user;
  return (
    [id, accountId, email, role, firstName, lastName].every(isText) &&
    isListOf(customRoles, isText) &&
    isListOf(teams, (team) => isObject(team) && isText(team.key) && isText(team.name))
  );
}

/** Epoch milliseconds before the year 5138, so that adding a lifetime still gives a valid date. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 1e14;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isListOf(list: unknown, isItem: (value: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isItem);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** Whether both are the same member of the same account. */
export function isSameMember(one: User, other: User): boolean {
  return one.id === other.id && one.accountId === other.accountId;
}

const maxCompletedLogins = 5;

/**
 * Starts a session under a new id (against session fixation) and waits until it is stored, so that the next request finds
 * it. The old session's data is dropped, except for the completed logins of the same member. When the session cannot be
 * stored, the request has no session afterwards.
 * @returns the tokens of the replaced login, to be revoked, when it was another member's. One's own older tokens are kept,
 * because revoking them might revoke the new ones as well (RFC 7009, section 2.1, leaves that to the server).
 */
export async function startUserSession(
  req: Request,
  sealer: Sealer,
  { user, tokens, state, returnTo }: { user: User; tokens: TokenSet; state: string; returnTo: string },
): Promise<TokenSet | undefined> {
  const before = currentLogin(req);
  const sameMember = before !== undefined && isSameMember(before.user, user);
  const replaced = before && !sameMember ? openTokens(sealer, req.sessionID, before) : undefined;
  const completed = sameMember ? completedLogins(req) : [];
  await fromCallback((done) => req.session.regenerate(done));
  const now = Date.now();
  const times = { startedAt: now, verifiedAt: now, revision: 1 };
  req.session.login = createLogin(sealer, req.sessionID, tokens, { user, ...times });
  req.session.finishedLogins = [...completed, { state: statePrefix(state), returnTo }].slice(-maxCompletedLogins);
  try {
    await fromCallback((done) => req.session.save(done));
  } catch (error) {
    endUserSession(req).catch(() => {});
    throw error;
  }
  return replaced;
}

/** A session that a login has just started. */
export interface StartedSession {
  readonly sessionId: string;
  readonly user: User;
  /** Milliseconds the browser keeps its cookie; null for until it is closed. */
  readonly cookieMaxAge: number | null;
}

/**
 * Gives the request, and by its cookie the browser, a session that another load of the same callback has started.
 * Resolves to false when that session has ended.
 */
export async function joinUserSession(req: Request, started: StartedSession): Promise<boolean> {
  const found = await loadSession(req.sessionStore, started.sessionId);
  if (!found) return false;
  req.sessionID = started.sessionId;
  req.sessionStore.createSession(req, found);
  req.session.cookie.originalMaxAge = started.cookieMaxAge;
  return true;
}

/** Ends the session for good. Resolves when the store has deleted it. */
export async function endUserSession(req: Request): Promise<void> {
  if (req.session) await fromCallback((done) => req.session.destroy(done));
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

/** A login whose tokens are sealed for the session it belongs to. */
export function createLogin(
  sealer: Sealer,
  sessionId: string,
  tokens: TokenSet,
  { user, startedAt, verifiedAt, revision }: Pick<Login, 'user' | 'startedAt' | 'verifiedAt' | 'revision'>,
): Login {
  const sealed = sealer.seal(JSON.stringify(tokens), sessionId);
  const renewAt = whenToRenew(tokens);
  return { user, startedAt, verifiedAt, revision, tokens: sealed, ...(renewAt !== undefined && { renewAt }) };
}

/** A little before the token expires, so that none expires on its way. Without a refresh token, when it expires. */
function whenToRenew({ expiresAt, refreshToken }: TokenSet): number | undefined {
  if (expiresAt === undefined || !refreshToken) return expiresAt;
  return expiresAt - Math.min(30_000, (expiresAt - Date.now()) / 10);
}

/** The tokens of a login; undefined when they cannot be opened, e.g. after every secret was replaced. */
export function openTokens(sealer: Sealer, sessionId: string, login: Login): TokenSet | undefined {
  const text = sealer.open(login.tokens, sessionId);
  return text === undefined ? undefined : (JSON.parse(text) as TokenSet);
}

/**
 * The session as it is in the store now, which may differ from the copy that a request loaded when it began. Undefined
 * when there is none. Rejects with the store's error.
 */
export function loadSession(store: Store, sessionId: string): Promise<SessionData | undefined> {
  return new Promise((resolve, reject) => {
    store.get(sessionId, (error, session) => (error ? reject(error) : resolve(session ?? undefined)));
  });
}

/** Resolves when `done` is called without an error: express-session and its stores use callbacks. */
export function fromCallback(start: (done: (error?: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
}
