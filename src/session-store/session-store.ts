import session from 'express-session';
import { extensionStep, type SessionBackend, type SessionStoreError } from './backend.ts';
import type { LockOptions } from './lock.ts';
import { createLock } from './lock.ts';
import type { SessionRecord, StoredRecord } from './session-record.ts';
import { compareByRevision, markStored, startedAt, storedRecord, toRecord, toSession } from './session-record.ts';

/** How long sessions live, in milliseconds. */
export interface SessionLifetimes extends LockOptions {
  /** An unused session ends after this time. */
  readonly idleMs: number;
  /** A login ends after this time even if it is in use. */
  readonly maxMs: number;
  /** The clock, in epoch milliseconds; tests replace it. */
  readonly now?: () => number;
  /** Called when the expiry of a session in use could not be extended; no request fails because of it. */
  readonly report?: (event: SessionNotExtended) => void;
}

/** The session will expire although it is in use, unless a later request can extend it. */
export interface SessionNotExtended {
  readonly event: 'session_not_extended';
  readonly error: SessionStoreError;
}

/** `ping` results are reused for this long, in milliseconds. */
const pingIntervalMs = 250;

type Done = (error?: unknown) => void;

/**
 * A store for express-session in which a stored session is only ever updated: a late save, after the session was
 * destroyed or has expired, is ignored. `session.launchDarklyLogin` is replaced only by one of the same or a later `revision`. The
 * store, not the cookie, ends a session: after `idleMs` without use, or when its login is `maxMs` old.
 *
 * Calls back with a `SessionStoreError` when the backend fails, and synchronously when the backend does: while
 * express-session waits for a store, it sends the response in two parts.
 */
export class SessionStore extends session.Store {
  /** Runs `task` while no other task with the same key runs, in any process that shares the store. */
  readonly withLock: <T>(key: string, task: () => Promise<T>) => Promise<T>;
  /**
   * Counts a hit for a key across all instances: `(key, windowMs)` resolves to the hits within the window and the
   * milliseconds until it ends. Undefined when the backend serves one machine only.
   */
  readonly countHit: SessionBackend['countHit'];
  readonly #backend: SessionBackend;
  readonly #idleMs: number;
  readonly #maxMs: number;
  readonly #extensionStep: number;
  readonly #now: () => number;
  readonly #report: (event: SessionNotExtended) => void;
  #probe: { readonly startedAt: number; readonly result: Promise<void> } | undefined;

  constructor(backend: SessionBackend, { idleMs, maxMs, now = Date.now, report = ignore, ...lock }: SessionLifetimes) {
    super();
    this.#backend = backend;
    this.#idleMs = idleMs;
    this.#maxMs = maxMs;
    this.#extensionStep = extensionStep(idleMs);
    this.#now = now;
    this.#report = report;
    this.countHit = backend.countHit;
    this.withLock = createLock(backend, lock);
  }

  /**
   * Calls back with the session, or null when it does not exist. Reading a session extends its expiry; if that cannot be
   * written, the next request tries again. (express-session's `touch` would hash the session twice more per request.)
   */
  override get(id: string, done: (error: unknown, found?: session.SessionData | null) => void): void {
    const now = this.#now();
    this.#backend.read(id, now, (error, record) => {
      const found = record && toSession(record);
      const expiresAt = found ? this.#expiry(found, now) : 0;
      const alive = expiresAt > now;
      done(error, alive ? found : null);
      if (record && alive && expiresAt - record.expiresAt >= this.#extensionStep)
        this.#backend.extend(id, expiresAt, now, (failure) => {
          if (failure) this.#report({ event: 'session_not_extended', error: failure });
        });
    });
  }

  override set(id: string, data: session.SessionData, done: Done = ignore): void {
    const now = this.#now();
    const before = storedRecord(data);
    const record = toRecord(data, this.#expiry(data, now));
    if (before && this.#isSame(before, record)) {
      done(null);
      return;
    }
    markStored(data, record);
    const written = (error: SessionStoreError | null) => {
      if (error) markStored(data, before);
      done(error);
    };
    if (before === undefined) this.#backend.insert(id, record, now, written);
    else this.#backend.update(id, record, now, written);
  }

  override destroy(id: string, done: Done = ignore): void {
    this.#backend.remove(id, done);
  }

  /** The id of a session that was never stored is still secret, so the session keeps it and is only emptied. */
  override regenerate(req: Parameters<session.Store['regenerate']>[0], done: Done): void {
    if (storedRecord(req.session)) {
      super.regenerate(req, done);
      return;
    }
    for (const name of Object.keys(req.session)) if (name !== 'cookie') delete req.session[name as never];
    compareByRevision(req.session);
    done();
  }

  /** Creates `req.session` from what `get` found, with its mark of what is stored. */
  override createSession(
    req: Parameters<session.Store['createSession']>[0],
    data: session.SessionData,
  ): session.Session & session.SessionData {
    const created = super.createSession(req, data);
    markStored(created, storedRecord(data));
    compareByRevision(created);
    return created;
  }

  /**
   * Resolves when the store can serve a login, including writes; rejects with a `SessionStoreError` when it cannot. A
   * success of the last 250 ms is reused, because there may be many health checks.
   */
  ping(): Promise<void> {
    const now = performance.now();
    if (!this.#probe || now - this.#probe.startedAt >= pingIntervalMs) {
      const probe = { startedAt: now, result: this.#backend.ping() };
      this.#probe = probe;
      probe.result.catch(() => {
        if (this.#probe === probe) this.#probe = undefined;
      });
    }
    return this.#probe.result;
  }

  /** Closes files and connections. The store cannot be used afterwards. */
  close(): Promise<void> {
    return this.#backend.close();
  }

  /** express-session saves some sessions twice: on `req.session.save()` and at the end of the request. */
  #isSame(before: StoredRecord, record: SessionRecord): boolean {
    return (
      before.data === record.data &&
      before.login === record.login &&
      record.expiresAt - before.expiresAt < this.#extensionStep
    );
  }

  #expiry(data: session.SessionData, now: number): number {
    return Math.min(now + this.#idleMs, (startedAt(data) ?? now) + this.#maxMs);
  }
}

function ignore(): void {}
