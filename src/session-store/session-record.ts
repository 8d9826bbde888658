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

/** What the store has to know of a login. */
interface StoredLogin {
  readonly startedAt: number;
  readonly revision: number;
}

/**
 * On every session that came from the store or went there: until when it is stored. A symbol, so that it is neither
 * saved nor part of express-session's hash, yet goes along when a session is copied by spreading.
 */
const until = Symbol('stored until');
type Marked = SessionData & { [until]?: number | undefined };

/** Until when this session is stored, in epoch milliseconds; undefined when it never was. */
export function storedUntil(session: SessionData): number | undefined {
  return (session as Marked)[until];
}

export function markStored(session: SessionData, expiresAt: number | undefined): void {
  (session as Marked)[until] = expiresAt;
}

/** When the session's login began, in epoch milliseconds; undefined when nobody is logged in. */
export function startedAt(session: SessionData): number | undefined {
  return loginOf(session)?.startedAt;
}

export function toRecord(session: SessionData, expiresAt: number): SessionRecord {
  const { login, ...data } = session as SessionData & { login?: StoredLogin };
  return {
    data: JSON.stringify(data),
    login: login ? JSON.stringify(login) : null,
    revision: login?.revision ?? 0,
    expiresAt,
  };
}

/** The session of a record; null when it cannot be read: then nobody is logged in, and nothing crashes. */
export function toSession({ data, login, expiresAt }: Omit<SessionRecord, 'revision'>): SessionData | null {
  try {
    const session = JSON.parse(data);
    if (login) session.login = JSON.parse(login);
    markStored(session, expiresAt);
    return session;
  } catch {
    return null;
  }
}

function loginOf(session: SessionData): StoredLogin | undefined {
  return (session as { login?: StoredLogin }).login;
}
