import type { SessionData } from 'express-session';

/** A session as the engines keep it: the login apart from the rest, because the login moves forward only. */
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

/** What a read finds. */
export type StoredRecord = Omit<SessionRecord, 'revision'>;

/** What the store has to know of a login. */
interface StoredLogin {
  readonly startedAt: number;
  readonly revision: number;
}

type StoredSession = SessionData & { launchDarklyLogin?: StoredLogin };

/**
 * On every session that came from the store or went there: what is stored. A symbol, so that it is neither
 * saved nor part of express-session's hash, yet goes along when a session is copied by spreading.
 */
const stored = Symbol('as stored');
type Marked = SessionData & { [stored]?: StoredRecord | undefined };

/** The record of this session that the store has, as far as this copy knows; undefined when it was never stored. */
export function storedRecord(session: SessionData): StoredRecord | undefined {
  return (session as Marked)[stored];
}

export function markStored(session: SessionData, record: StoredRecord | undefined): void {
  (session as Marked)[stored] = record;
}

/** When the session's login began, in epoch milliseconds; undefined when nobody is logged in. */
export function startedAt(session: SessionData): number | undefined {
  return loginOf(session)?.startedAt;
}

export function toRecord(session: SessionData, expiresAt: number): SessionRecord {
  const { launchDarklyLogin: login, cookie, ...data } = session as StoredSession;
  return {
    data: JSON.stringify({ cookie: attributesOf(cookie), ...data }),
    login: login ? JSON.stringify(login) : null,
    revision: login?.revision ?? 0,
    expiresAt,
  };
}

/** All but the lifetime, which began when the browser got the cookie. */
function attributesOf(cookie: SessionData['cookie']): object {
  const { expires, originalMaxAge, ...attributes } = JSON.parse(JSON.stringify(cookie));
  return attributes;
}

/**
 * The session of a record; null when it is not one that `toRecord` makes: then nobody is logged in, and nothing fails.
 * Its cookie has no lifetime, so express-session does not send it again: the browser's own lasts as long as a session can.
 */
export function toSession(record: StoredRecord): SessionData | null {
  try {
    const { cookie, ...data } = JSON.parse(record.data) as Record<string, unknown>;
    const login = record.login === null ? undefined : JSON.parse(record.login);
    if (!isObject(cookie) || 'toJSON' in data || (login !== undefined && !isStoredLogin(login))) return null;
    const session = { ...data, cookie: cookieOf(cookie), ...(login !== undefined && { launchDarklyLogin: login }) };
    markStored(session, record);
    compareByRevision(session);
    return session;
  } catch {
    return null;
  }
}

/** Only attributes that express-session knows: it would call or assign others, and fail. */
function cookieOf({ path, domain, httpOnly, secure, sameSite, partitioned, priority }: Record<string, unknown>) {
  const attributes = {
    ...(typeof path === 'string' && { path }),
    ...(typeof domain === 'string' && { domain }),
    ...(typeof httpOnly === 'boolean' && { httpOnly }),
    ...(typeof secure === 'boolean' && { secure }),
    ...(isOneOf(sameSites, sameSite) && { sameSite }),
    ...(typeof partitioned === 'boolean' && { partitioned }),
    ...(isOneOf(priorities, priority) && { priority }),
  };
  return { ...attributes, originalMaxAge: null };
}

const sameSites = [true, false, 'lax', 'strict', 'none'] as const;
const priorities = ['low', 'medium', 'high'] as const;

function isOneOf<T>(values: readonly T[], value: unknown): value is T {
  return (values as readonly unknown[]).includes(value);
}

function isStoredLogin(login: unknown): boolean {
  return isObject(login) && Number.isSafeInteger(login.startedAt) && Number.isSafeInteger(login.revision);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * express-session turns a session into JSON and hashes it when a request begins and when it ends, to see whether it
 * changed. For a login its revision says that, so in such JSON the revision stands for all of it; the cookie does not
 * count. A text is done with sooner than an object, of which every field goes through a function of express-session.
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
