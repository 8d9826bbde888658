import type { Request } from 'express';
import type { SessionData } from 'express-session';
import type { TokenSet } from './authorization-code.ts';
import type { Sealer } from './sealer.ts';
import { promise } from './stored-session.ts';

/** The person who is logged in, as `fetchUser` described them. */
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

/** What a session remembers of a login. All times are epoch milliseconds. */
export interface Login {
  readonly user: User;
  readonly startedAt: number;
  /** When the API last confirmed who this is. */
  readonly verifiedAt: number;
  /** When the access token should be replaced: shortly before it ends. Undefined when the server did not say. */
  readonly renewAt?: number;
  /** The sealed `TokenSet`. It leaves the server for the authorization server and its API alone. */
  readonly tokens: string;
  /** Grows with every change, so that a late write of an older login can be told apart. */
  readonly revision: number;
}

declare module 'express-session' {
  interface SessionData {
    login?: Login;
    /** The last few, for whoever reloads the callback. */
    finishedLogins?: readonly FinishedLogin[];
  }
}

interface FinishedLogin {
  /** The beginning of its `state`. */
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
 * The login of a session, or undefined. What is in a store may be of another version of this code, or of another program:
 * with a login of any other shape nobody is logged in.
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
    typeof tokens === 'string' &&
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

/** Epoch milliseconds before the year 5138, so that a lifetime can be added and it still is a date. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 1e14;
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

function isListOf(list: unknown, isOne: (value: unknown) => boolean): boolean {
  return Array.isArray(list) && list.every(isOne);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

const finishedKept = 5;

/**
 * Starts a session under a new id (session fixation) and waits until it is stored, so that the next request finds it.
 * Nothing of an earlier session survives but the finished logins of the same person. When the session cannot be
 * stored, the request has none any more.
 * @returns the tokens of the login that was replaced, for revocation, when it was another person's: revoking one's own
 * older tokens might take the new ones along (RFC 7009, section 2.1, leaves that to the server).
 */
export async function startUserSession(
  req: Request,
  sealer: Sealer,
  { user, tokens, state, returnTo }: { user: User; tokens: TokenSet; state: string; returnTo: string },
): Promise<TokenSet | undefined> {
  const before = currentLogin(req);
  const again = before !== undefined && isSame(before.user, user);
  const replaced = before && !again ? openTokens(sealer, req.sessionID, before) : undefined;
  const earlier = again ? finishedLogins(req) : [];
  await promise((done) => req.session.regenerate(done));
  const now = Date.now();
  req.session.login = newLogin(sealer, req.sessionID, tokens, {
    user,
    startedAt: now,
    verifiedAt: now,
    revision: 1,
  });
  req.session.finishedLogins = [...earlier, { state: beginningOf(state), returnTo }].slice(-finishedKept);
  try {
    await promise((done) => req.session.save(done));
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
 * Gives the request a session that another load of the same callback has started, and its browser the cookie. Resolves
 * to false when that session has ended.
 */
export async function joinUserSession(req: Request, started: StartedSession): Promise<boolean> {
  const { sessionStore } = req;
  const found = await new Promise<SessionData | null | undefined>((resolve, reject) => {
    sessionStore.get(started.sessionId, (error, data) => (error ? reject(error) : resolve(data)));
  });
  if (!found) return false;
  req.sessionID = started.sessionId;
  sessionStore.createSession(req, found);
  req.session.cookie.originalMaxAge = started.cookieMaxAge;
  return true;
}

/** Whether both are the same member of the same account. */
export function isSame(one: User, other: User): boolean {
  return one.id === other.id && one.accountId === other.accountId;
}

/** Ends the session at once and for good. Resolves when the store has forgotten it. */
export async function endUserSession(req: Request): Promise<void> {
  if (req.session) await promise((done) => req.session.destroy(done));
}

/** Where a login that this session has finished went; undefined when `state` is none of its logins. */
export function finishedLoginReturnTo(req: Request, state: unknown): string | undefined {
  if (typeof state !== 'string') return undefined;
  return finishedLogins(req).find((login) => login.state === beginningOf(state))?.returnTo;
}

function finishedLogins(req: Request): FinishedLogin[] {
  const finished: unknown = req.session?.finishedLogins;
  return Array.isArray(finished) ? finished.filter((login) => isText(login?.state) && isText(login.returnTo)) : [];
}

/** A login with its tokens sealed for the session it belongs to. */
export function newLogin(
  sealer: Sealer,
  sessionId: string,
  tokens: TokenSet,
  rest: Pick<Login, 'user' | 'startedAt' | 'verifiedAt' | 'revision'>,
): Login {
  const { user, startedAt, verifiedAt, revision } = rest;
  const sealed = sealer.seal(JSON.stringify(tokens), sessionId);
  const renewAt = whenToRenew(tokens);
  return { user, startedAt, verifiedAt, revision, tokens: sealed, ...(renewAt !== undefined && { renewAt }) };
}

/** A little early, so that no token dies on its way; without a refresh token at the very end. */
function whenToRenew({ expiresAt, refreshToken }: TokenSet): number | undefined {
  if (expiresAt === undefined || !refreshToken) return expiresAt;
  return expiresAt - Math.min(30_000, (expiresAt - Date.now()) / 10);
}

/** The tokens of a login; undefined when they cannot be opened, e.g. after every secret was replaced. */
export function openTokens(sealer: Sealer, sessionId: string, login: Login): TokenSet | undefined {
  const text = sealer.open(login.tokens, sessionId);
  return text === undefined ? undefined : (JSON.parse(text) as TokenSet);
}

function beginningOf(state: string): string {
  return state.slice(0, 16);
}
