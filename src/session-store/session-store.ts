import session from 'express-session';
import type { Engine } from './backend.ts';
import type { LockOptions } from './lock.ts';
import { createLock } from './lock.ts';
import type { SessionRecord, StoredRecord } from './session-record.ts';
import { compareByRevision, markStored, startedAt, storedRecord, toRecord, toSession } from './session-record.ts';
import type { SessionStoreError } from './session-store-error.ts';

/** How long sessions live, in milliseconds, and what tests need to see time pass. */
export interface SessionLifetimes extends LockOptions {
  /** A session nobody uses ends after this time. */
  readonly idleMs: number;
  /** A login ends after this time, however busy it is. */
  readonly maxMs: number;
  /** The clock, in epoch milliseconds. */
  readonly now?: () => number;
  /** Told when a session that is in use could not be kept alive, which no request shows. */
  readonly report?: (event: SessionNotExtended) => void;
}

/** A session ends when it was idle although it was used, unless a later request can extend it. */
export interface SessionNotExtended {
  readonly event: 'session_not_extended';
  readonly error: SessionStoreError;
}

/** In milliseconds. */
const probeInterval = 250;

type Done = (error?: unknown) => void;

/**
 * A store for express-session in which a session, once stored, is only ever updated: whatever is saved late, after the
 * session was destroyed or has expired, is dropped. `session.launchDarklyLogin` moves forward only, by its `revision`. A session
 * ends when it was idle for `idleMs` or when its login is `maxMs` old; the store sees to that, not the cookie.
 *
 * Calls back with a `SessionStoreError` when the engine cannot serve, and at once when the engine answers at once:
 * express-session sends a response in two pieces while it waits for a store.
 */
export class SessionStore extends session.Store {
  /** Runs `task` while nobody else, in any process that shares the store, runs one for the same key. */
  readonly withLock: <T>(key: string, task: () => Promise<T>) => Promise<T>;
  /**
   * Counts one for a key, together with every other instance: `(key, windowMs)` resolves to the hits within the window
   * and the milliseconds until it ends. Undefined where the engine serves one machine only.
   */
  readonly countHit: Engine['countHit'];
  readonly #engine: Engine;
  readonly #idleMs: number;
  readonly #maxMs: number;
  /** To move the expiry by less is not worth a write. */
  readonly #extensionStep: number;
  readonly #now: () => number;
  readonly #report: (event: SessionNotExtended) => void;
  #probe: { readonly startedAt: number; readonly result: Promise<void> } | undefined;

  constructor(engine: Engine, { idleMs, maxMs, now = Date.now, report = ignore, ...lock }: SessionLifetimes) {
    super();
    this.#engine = engine;
    this.#idleMs = idleMs;
    this.#maxMs = maxMs;
    this.#extensionStep = Math.min(idleMs / 20, 60_000);
    this.#now = now;
    this.#report = report;
    this.countHit = engine.countHit;
    this.withLock = createLock(engine, lock);
  }

  /**
   * Calls back with the session, or with null when there is none (any more). A session that is asked for is in use, and
   * is kept alive; while that cannot be written, the next request tries again. (A `touch`, as express-session offers it,
   * costs one more look at whether the session has changed.)
   */
  override get(id: string, done: (error: unknown, found?: session.SessionData | null) => void): void {
    const now = this.#now();
    this.#engine.read(id, now, (error, record) => {
      const found = record && toSession(record);
      const expiresAt = found ? this.#expiry(found, now) : 0;
      const lives = expiresAt > now;
      done(error, lives ? found : null);
      if (record && lives && expiresAt - record.expiresAt >= this.#extensionStep)
        this.#engine.extend(id, expiresAt, now, (failure) => {
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
    if (before === undefined) this.#engine.insert(id, record, now, written);
    else this.#engine.update(id, record, now, written);
  }

  override destroy(id: string, done: Done = ignore): void {
    this.#engine.remove(id, done);
  }

  /** A session that was never stored has an id that nobody has seen: it keeps that, and is merely emptied. */
  override regenerate(req: Parameters<session.Store['regenerate']>[0], done: Done): void {
    if (storedRecord(req.session)) {
      super.regenerate(req, done);
      return;
    }
    for (const name of Object.keys(req.session)) if (name !== 'cookie') delete req.session[name as never];
    compareByRevision(req.session);
    done();
  }

  /** Makes `req.session` of what `get` found, which does not forget that it came from the store. */
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
   * Resolves when the store can serve a login, writing included; rejects with a `SessionStoreError` when it cannot.
   * Health checks may come from many sides: what held in the last quarter of a second is not tried again.
   */
  ping(): Promise<void> {
    const now = performance.now();
    if (!this.#probe || now - this.#probe.startedAt >= probeInterval) {
      const probe = { startedAt: now, result: this.#engine.ping() };
      this.#probe = probe;
      probe.result.catch(() => {
        if (this.#probe === probe) this.#probe = undefined;
      });
    }
    return this.#probe.result;
  }

  /** Lets go of files and connections. The store is of no use afterwards. */
  close(): Promise<void> {
    return this.#engine.close();
  }

  /** express-session saves some sessions twice: when it is asked to, and again at the end of the request. */
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
