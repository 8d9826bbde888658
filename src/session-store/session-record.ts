import type { SessionData } from 'express-session';

/** A session as backends keep it. The login is separate because it is only replaced by a newer one. */
export interface SessionRecord {
  /** JSON of the session without its login. */
  readonly data: string;
  /** JSON of the login, or null. */
  readonly login: string | null;
  /** The login's `revision`; 0 without a login. */
  readonly revision: number;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** A session as it was read. */
export type StoredRecord = Omit<SessionRecord, 'revision'>;

/** The fields of a login that the store uses. */
interface StoredLogin {
  readonly startedAt: number;
  readonly revision: number;
}

type StoredSession = SessionData & { launchDarklyLogin?: StoredLogin };

/**
 * On each session that was read or saved: what is stored. A symbol is neither saved nor hashed by express-session, but is
 * copied when the session is spread.
 */
const stored = Symbol('as stored');
type Marked = SessionData & { [stored]?: StoredRecord | undefined };

/** What was stored when this session was last read or saved; undefined when it was never stored. */
export function storedRecord(session: SessionData): StoredRecord | undefined {
  return (session as Marked)[stored];
}

/** Remembers what is stored of a session. */
export function markStored(session: SessionData, record: StoredRecord | undefined): void {
  (session as Marked)[stored] = record;
}

/** When the session's login began, in epoch milliseconds; undefined without a login. */
export function startedAt(session: SessionData): number | undefined {
  return loginOf(session)?.startedAt;
}

/** @param expiresAt epoch milliseconds. */
export function toRecord(session: SessionData, expiresAt: number): SessionRecord {
  const { launchDarklyLogin: login, cookie, ...data } = session as StoredSession;
  return {
    data: JSON.stringify({ cookie: attributesOf(cookie), ...data }),
    login: login ? JSON.stringify(login) : null,
    revision: login?.revision ?? 0,
    expiresAt,
  };
}

/** All attributes except the lifetime, which began when the browser received the cookie. */
function attributesOf(cookie: SessionData['cookie']): object {
  const { expires, originalMaxAge, ...attributes } = JSON.parse(JSON.stringify(cookie));
  return attributes;
}

/**
 * The session of a record; null when `toRecord` cannot have written it: then the user is simply not logged in. The cookie
 * has no lifetime, so express-session does not send it again; the browser's cookie lasts as long as a session can.
 */
export function toSession(record: StoredRecord): SessionData | null {
  try {
    const session = JSON.parse(record.data);
    if (!isObject(session.cookie) || 'toJSON' in session || 'launchDarklyLogin' in session) return null;
    session.cookie = cookieOf(session.cookie);
    if (record.login !== null) {
      session.launchDarklyLogin = JSON.parse(record.login);
      if (!isStoredLogin(session.launchDarklyLogin)) return null;
    }
    markStored(session, record);
    compareByRevision(session);
    return session;
  } catch {
    return null;
  }
}

/** Only attributes that express-session knows: it would assign or call others, and fail. */
function cookieOf(stored: Record<string, unknown>): SessionData['cookie'] {
  for (const name of Object.keys(stored)) if (!cookieAttributes.get(name)?.(stored[name])) delete stored[name];
  return Object.assign(stored, { originalMaxAge: null });
}

const isText = (value: unknown) => typeof value === 'string';
const isFlag = (value: unknown) => typeof value === 'boolean';

const cookieAttributes = new Map<string, (value: unknown) => boolean>([
  ['path', isText],
  ['domain', isText],
  ['httpOnly', isFlag],
  ['secure', isFlag],
  ['partitioned', isFlag],
  ['sameSite', (value) => isFlag(value) || value === 'lax' || value === 'strict' || value === 'none'],
  ['priority', (value) => value === 'low' || value === 'medium' || value === 'high'],
]);

function isStoredLogin(login: unknown): boolean {
  if (!isObject(login)) return false;
  const { startedAt, revision } = login;
  return Number.isSafeInteger(startedAt) && Number.isSafeInteger(revision);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * express-session hashes the JSON of a session at the beginning and end of each request, to see whether it changed. In
 * that JSON the revision replaces the login, and the cookie is left out. A string is cheaper to hash than an object,
 * because express-session passes each field of an object through a function.
 */
export function compareByRevision(session: SessionData): void {
  Object.defineProperty(session, 'toJSON', { value: toCompared });
}

function toCompared(this: SessionData): unknown {
  const { launchDarklyLogin: login, cookie, ...data } = this as StoredSession;
  return login ? `${login.revision} ${JSON.stringify(data)}` : data;
}

function loginOf(session: SessionData): StoredLogin | undefined {
  return (session as StoredSession).launchDarklyLogin;
}
