// log-in-with-launchdarkly 0.1.0, MIT License
import type { Request } from 'express';
import type { Session, SessionData, Store } from 'express-session';
import { LoginError } from './login-error.ts';

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
  /** Random. The tokens are sealed for it, so they survive a change of the session id. */
  readonly id: string;
  /** The OAuth2 client that the user logged in with. */
  readonly clientId: string;
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
    launchDarklyLogin?: Login;
    /** The last few logins, for a callback that is loaded again. */
    finishedLogins?: readonly CompletedLogin[];
  }
}

/** A login that has led somewhere. */
export interface CompletedLogin {
  /** The first characters of its `state`. */
  readonly state: string;
  readonly returnTo: string;
}

/**
 * The user in the session, or undefined. It only reads the session: it refreshes nothing, does not ask whether the member
 * is still allowed in, does not apply `maxAge`, and takes a login with any client. Use it behind `requireLogin` or
 * `loadLogin`, which check all of that; with several `createAuth` in one app use `auth.currentUser`.
 */
export function currentUser(req: Request): User | undefined {
  return currentLogin(req)?.user;
}

/** The login in the session, or undefined. It checks no more than `currentUser` does. */
export function currentLogin(req: Request): Login | undefined {
  return loginOf(req.session);
}

/**
 * The login of a session, or undefined. Another version of this code, or another program, may have written to the store:
 * a login of any other shape does not count.
 */
export function loginOf(session: Partial<SessionData> | undefined): Login | undefined {
  const login = session?.launchDarklyLogin;
  return isLogin(login) ? login : undefined;
}

function isLogin(login: unknown): login is Login {
  if (!isObject(login)) return false;
  const { id, clientId, user, startedAt, verifiedAt, renewAt, tokens, revision } = login;
  return (
    isText(id) &&
    isText(clientId) &&
    isUser(user) &&
    isTime(startedAt) &&
    isTime(verifiedAt) &&
    (renewAt === undefined || typeof renewAt === 'number') &&
    isText(tokens) &&
    Number.isSafeInteger(revision)
  );
}

function isTeam(team: unknown): boolean {
  if (!isObject(team)) return false;
  const { key, name } = team;
  return isText(key) && isText(name);
}

function isUser(user: unknown): boolean {
  if (!isObject(user)) return false;
  const { id, accountId, email, role, firstName = '', lastName = '', customRoles, teams } = user;
  return (
    [id, accountId, email, role, firstName, lastName].every(isText) &&
    isListOf(customRoles, isText) &&
    isListOf(teams, isTeam)
  );
}

/** Epoch milliseconds before the year 5138, so that adding a lifetime still gives a valid date. */
function isTime(value: unknown): boolean {
  return typeof value === 'number' && value >= 0 && value < 1e14;
}

/** Whether a value is a string. */
export function isText(value: unknown): value is string {
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

/**
 * Many stores let a slow request write back the session as it was when the request began. This makes a store look first:
 * of a login, the newer version is kept, and a session whose login has ended in this process is deleted instead. Where
 * another process ended it, nothing tells it from a new session, and it is written.
 */
export function createLateSaveGuard(logins: {
  latestLogin(session: Partial<SessionData> | undefined): Login | undefined;
  hasEnded(session: Partial<SessionData>): boolean;
  isStarting(session: object): boolean;
}) {
  const guarded = new WeakSet<Store>();

  return function guardLateSaves(store: Store | undefined): void {
    if (!store || guarded.has(store)) return;
    guarded.add(store);
    const set = store.set.bind(store);
    store.set = (sessionId, session, done) => {
      if (!isOfRequest(session) || !loginOf(session) || logins.isStarting(session))
        return set(sessionId, session, done);
      if (logins.hasEnded(session)) return store.destroy(sessionId, done);
      withNewestLogin(sessionId, session).then(
        (newest) => set(sessionId, newest, done),
        (error) => done?.(error),
      );
    };

    async function withNewestLogin(sessionId: string, session: SessionData): Promise<SessionData> {
      const stored = logins.latestLogin(await loadSession(store as Store, sessionId));
      const saved = logins.latestLogin(session);
      const newest = stored && saved && stored.id === saved.id && stored.revision > saved.revision ? stored : saved;
      return newest ? { ...session, launchDarklyLogin: newest } : session;
    }
  };
}

/** What express-session saves at the end of a request; others write plain objects, which they have just made. */
function isOfRequest(session: SessionData): session is Session & SessionData {
  return 'req' in session;
}

/** An error of the host app may quote anything, and its `status` is not meant for the visitor: it becomes a cause. */
export function hideOtherErrors<U extends User>(fetchUser: (accessToken: string) => Promise<U>): typeof fetchUser {
  return async (accessToken) => {
    try {
      return await fetchUser(accessToken);
    } catch (error) {
      throw error instanceof LoginError ? error : new Error('fetchUser failed, with no LoginError', { cause: error });
    }
  };
}

/** Whether the access token expires soon. */
export function isRefreshDue({ renewAt }: Login): boolean {
  return renewAt !== undefined && renewAt <= Date.now();
}

/** Milliseconds by which the clocks of two machines may differ. */
const clockTolerance = 5_000;

/** Milliseconds since the API said who this is. Infinity when that lies in the future: the clock was moved back. */
export function verificationAge({ verifiedAt }: Login): number {
  const age = Date.now() - verifiedAt;
  return age < -clockTolerance ? Number.POSITIVE_INFINITY : age;
}

/**
 * Whether the API's answer is old enough to be asked for again in the background: after 70 to 90 % of `revalidateAfter`.
 * The milliseconds of the last answer decide, so that members who logged in together do not always ask together.
 */
export function isVerificationDue(login: Login, revalidateAfter: number): boolean {
  const part = 0.7 + (0.2 * (login.verifiedAt % 1000)) / 1000;
  return verificationAge(login) >= revalidateAfter * part;
}
