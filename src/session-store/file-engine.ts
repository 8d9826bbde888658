import { AsyncResource } from 'node:async_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import type { Answer, Engine } from './engine.ts';
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
 * event loop, every other call before it returns. Several processes may use the same file.
 * @param name how errors call the database.
 */
export function createFileEngine(opened: OpenDatabase, name: string, now: () => number): Engine {
  const { database } = opened;
  const read = database
    .prepare('SELECT data, login, expires_at FROM sessions WHERE id = ? AND expires_at > ?')
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
  const ping = database.prepare('SELECT 1 FROM sessions LIMIT 1').raw();
  const begin = database.prepare('BEGIN IMMEDIATE');
  const commit = database.prepare('COMMIT');
  const rollBack = database.prepare('ROLLBACK');
  const stopSweep = startSweep(opened, now);
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
      answerWith(answer, () => void update.run([...columns(id, record), at]));
    },

    extend(id, expiresAt, at, answer) {
      insertBefore(id);
      answerWith(answer, () => void extend.run([id, expiresAt, at]));
    },

    remove(id, answer) {
      insertBefore(id);
      answerWith(answer, () => void remove.run(id));
    },

    async takeLease(key, owner, leaseMs) {
      const at = now();
      return orUnavailable(() => take.run(key, owner, at + leaseMs, at).changes === 1);
    },

    async extendLease(key, owner, leaseMs) {
      orUnavailable(() => hold.run(key, owner, now() + leaseMs));
    },

    async releaseLease(key, owner) {
      orUnavailable(() => release.run(key, owner));
    },

    async ping() {
      orUnavailable(() => ping.get());
    },

    async close() {
      await turn(); // what was asked before is answered
      await stopSweep();
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
    for (const { id, at, answer } of all)
      process.nextTick(answerWith<StoredRecord>, answer, () => find(id, at));
  }

  function find(id: string, at: number): StoredRecord | undefined {
    const row = read.get([id, at]) as [string, string | null, number] | undefined;
    return row && { data: row[0], login: row[1], expiresAt: row[2] };
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
    answerWith(answerAll, () =>
      all.length > 1 ? inTransaction(() => all.forEach(insertOne)) : all.forEach(insertOne),
    );
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

  /** The answer is given outside the `try`: what the asker throws is not the engine's fault. */
  function answerWith<T>(answer: Answer<T>, work: () => T | undefined): void {
    let value: T | undefined;
    let error: SessionStoreError | null = null;
    try {
      value = whileOpen(work);
    } catch (cause) {
      error = unavailable(cause);
    }
    answer(error, value);
  }

  function orUnavailable<T>(work: () => T): T {
    try {
      return whileOpen(work);
    } catch (error) {
      throw unavailable(error);
    }
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

/** Whoever shares a turn, each answer runs where it was asked for: `AsyncLocalStorage` and tracing depend on it. */
function inContextOfAsker<T>(answer: Answer<T>): Answer<T> {
  const asker = new AsyncResource('SessionStore');
  return (error, value) => asker.runInAsyncScope(answer, undefined, error, value);
}

function columns(id: string, { data, login, revision, expiresAt }: SessionRecord) {
  return [id, data, login, revision, expiresAt] as const;
}
