import { AsyncResource } from 'node:async_hooks';
import { isUtf8 } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';
import type { Answer, Engine } from './backend.ts';
import { createCallQueue } from './call-queue.ts';
import type { OpenDatabase } from './open-database.ts';
import type { SessionRecord, StoredRecord } from './session-record.ts';
import { SessionStoreError } from './session-store-error.ts';
import { startSweep } from './sweep.ts';

/*
 * Statements get their values as one array: out of several arguments libsql would make one first, at a tenth of the
 * price of reading a session.
 */

/** A session to be found. */
interface Read {
  readonly id: string;
  readonly at: number;
  readonly answer: Answer<StoredRecord>;
}

/** A session to be stored under a fresh id. */
interface Insert {
  readonly id: string;
  readonly record: SessionRecord;
  readonly at: number;
  readonly answer: Answer;
}

/** Once a login was taken out of a session, no revision is later. */
const never = Number.MAX_SAFE_INTEGER;

/**
 * Sessions in a SQLite database that `openDatabase` opened. Reads and inserts are answered at the end of the turn of the
 * event loop, every other call before it returns; later while another process has the database locked. Several processes
 * may use the same file.
 * @param name how errors call the database.
 */
export function createFileEngine(opened: OpenDatabase, name: string, now: () => number): Engine {
  const { database } = opened;
  // libsql ends the process when it has to make a string of bytes that are not UTF-8. So it never does. One value is read
  // in half the time of two.
  const read = database
    .prepare(
      `SELECT CAST(coalesce(login, '') || char(10) || data AS BLOB), CAST(expires_at AS INTEGER) FROM sessions
      WHERE id = ? AND expires_at > ?`,
    )
    .raw();
  const insert = database.prepare(
    'INSERT OR IGNORE INTO sessions (id, data, login, revision, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  const update = database.prepare(`
    UPDATE sessions SET
      data = ?2,
      login = CASE WHEN ?3 IS NULL OR ?4 >= revision THEN ?3 ELSE login END,
      revision = CASE WHEN ?3 IS NULL AND login IS NOT NULL THEN ${never} ELSE max(?4, revision) END,
      expires_at = ?5
    WHERE id = ?1 AND expires_at > ?6`);
  const extend = database.prepare('UPDATE sessions SET expires_at = ?2 WHERE id = ?1 AND expires_at > ?3');
  const remove = database.prepare('DELETE FROM sessions WHERE id = ?');
  const take = database.prepare(`
    INSERT INTO locks (key, owner, expires_at) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET owner = ?2, expires_at = ?3 WHERE expires_at <= ?4`);
  const hold = database.prepare('UPDATE locks SET expires_at = ?3 WHERE key = ?1 AND owner = ?2');
  const release = database.prepare('DELETE FROM locks WHERE key = ? AND owner = ?');
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollBack = database.prepare('ROLLBACK');
  const stopSweep = startSweep(opened, now);
  const reading = createCallQueue();
  const writing = createCallQueue();
  let reads: Read[] = [];
  let inserts: Insert[] = [];

  return {
    read(id, at, answer) {
      insertBefore(id);
      if (reads.length === 0) setImmediate(readAll);
      reads.push({ id, at, answer: inContextOfAsker(answer) });
    },

    insert(id, record, at, answer) {
      insertBefore(id);
      if (inserts.length === 0) setImmediate(insertAll);
      inserts.push({ id, record, at, answer: inContextOfAsker(answer) });
    },

    update(id, record, at, answer) {
      insertBefore(id);
      write(answer, () => void update.run([...columns(id, record), at]));
    },

    extend(id, expiresAt, at, answer) {
      insertBefore(id);
      write(answer, () => void extend.run([id, expiresAt, at]));
    },

    remove(id, answer) {
      insertBefore(id);
      write(answer, () => void remove.run(id));
    },

    takeLease(key, owner, leaseMs) {
      const at = now();
      return written(() => take.run(key, owner, at + leaseMs, at).changes === 1);
    },

    extendLease(key, owner, leaseMs) {
      return written(() => void hold.run(key, owner, now() + leaseMs));
    },

    releaseLease(key, owner) {
      return written(() => release.run(key, owner).changes === 1);
    },

    async ping() {
      await written(tryToStore);
      opened.checkInPlace();
    },

    async close() {
      await turn(); // what was asked before is answered
      await stopSweep();
      await Promise.all([reading.idle(), writing.idle()]);
      await opened.close();
    },
  };

  /**
   * Sessions that are asked for in the same turn of the event loop are found one after the other at its end, and so their
   * requests are handled in a row. Amid the reading of their connections, many at a time cost nearly twice the CPU time.
   */
  function readAll(): void {
    const all = reads;
    reads = [];
    for (const { id, at, answer } of all) process.nextTick(() => call(reading, answer, () => find(id, at)));
  }

  /** What is not UTF-8 was not written by this app: no session. */
  function find(id: string, at: number): StoredRecord | undefined {
    const row = read.get([id, at]) as [Buffer, number] | undefined;
    if (!row || !isUtf8(row[0])) return undefined;
    const text = row[0].toString();
    const end = text.indexOf('\n'); // JSON.stringify writes none
    return { data: text.slice(end + 1), login: text.slice(0, end) || null, expiresAt: row[1] };
  }

  /**
   * Sessions that begin in the same turn of the event loop share a transaction, which is most of an insert's cost. All of
   * them are stored, or none.
   */
  function insertAll(): void {
    const all = inserts;
    inserts = [];
    const answerAll: Answer = (error) => {
      for (const { answer } of all) process.nextTick(answer, error);
    };
    write(answerAll, () => (all.length > 1 ? inTransaction(() => all.forEach(insertOne)) : all.forEach(insertOne)));
  }

  /** Whatever is asked of a session comes after its insert. */
  function insertBefore(id: string): void {
    if (inserts.some((insert) => insert.id === id)) insertAll();
  }

  /** SQLite itself rolls back after some errors, such as a full disk. */
  function inTransaction(work: () => void): void {
    begin.run();
    try {
      work();
      commit.run();
    } catch (error) {
      if (database.inTransaction) rollBack.run();
      throw error;
    }
  }

  function insertOne({ id, record, at }: Insert): void {
    const values = columns(id, record);
    if (insert.run(values).changes || update.run([...values, at]).changes) return;
    remove.run(id);
    insert.run(values);
  }

  /** Stores a session of the usual size and removes it again, as a login needs it, unseen by anybody else. */
  function tryToStore(): void {
    inTransaction(() => {
      insert.run(['readiness', probe, null, 0, 0]);
      remove.run('readiness');
    });
  }

  function written<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) =>
      write<T>((error, value) => (error ? reject(error) : resolve(value as T)), work),
    );
  }

  function write<T>(answer: Answer<T>, work: () => T): void {
    call(writing, answer, work);
  }

  function call<T>(queue: typeof writing, answer: Answer<T>, work: () => T | undefined): void {
    queue.run(
      () => whileOpen(work),
      (cause, value) => answer(cause ? unavailable(cause) : null, value),
    );
  }

  /** Prepared statements outlive the database they belong to. */
  function whileOpen<T>(work: () => T): T {
    if (!database.open) throw new Error('it was closed');
    return work();
  }

  function unavailable(cause: unknown): SessionStoreError {
    const { message } = cause as Error;
    return new SessionStoreError(
      'SESSION_STORE_UNAVAILABLE',
      `The session store ${name} cannot be used now: ${message}. Check the disk's space and the file's rights.`,
      { cause },
    );
  }
}

/** Bigger than a page of the database, so that it takes as many pages as a login does. */
const probe = 'x'.repeat(5000);

/** Whoever shares a turn, each answer runs where it was asked for: `AsyncLocalStorage` and tracing depend on it. */
function inContextOfAsker<T>(answer: Answer<T>): Answer<T> {
  const asker = new AsyncResource('SessionStore');
  return (error, value) => asker.runInAsyncScope(answer, undefined, error, value);
}

function columns(id: string, { data, login, revision, expiresAt }: SessionRecord) {
  return [id, data, login, revision, expiresAt] as const;
}
