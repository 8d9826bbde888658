import { isUtf8 } from 'node:buffer';
import { setImmediate as turn } from 'node:timers/promises';
import { type Callback, type SessionBackend, SessionStoreError } from './backend.ts';
import { atEndOfTurn, type CallQueue, createCallQueue, inCallersContext } from './call-queue.ts';
import type { OpenDatabase } from './open-database.ts';
import type { SessionRecord, StoredRecord } from './session-record.ts';
import { startSweep } from './sweep.ts';

/** The revision of a removed login: no login is newer, so none replaces it. */
const FINAL_REVISION = Number.MAX_SAFE_INTEGER;

/**
 * Keeps sessions in a SQLite database that `openDatabase` opened. Several processes may use the same file. Updates
 * call back before they return, unless another process has locked the database.
 * @param name of the database, for error messages.
 */
export function createFileBackend(opened: OpenDatabase, name: string, now: () => number): SessionBackend {
  const { database } = opened;
  // As a BLOB, because libsql crashes the process on text that is not UTF-8.
  const read = database
    .prepare(
      `SELECT CAST(coalesce(login, '') || char(10) || data AS BLOB), CAST(expires_at AS INTEGER) FROM sessions
      WHERE id = ? AND expires_at > ?`,
    )
    .raw();
  const dataVersion = database.prepare('PRAGMA data_version').raw();
  const cache = createRowCache(() => (dataVersion.get() as [number])[0]);
  const insert = database.prepare(
    'INSERT OR IGNORE INTO sessions (id, data, login, revision, expires_at) VALUES (?, ?, ?, ?, ?)',
  );
  const update = database.prepare(`
    UPDATE sessions SET
      data = ?2,
      login = CASE WHEN ?3 IS NULL OR ?4 >= revision THEN ?3 ELSE login END,
      revision = CASE WHEN ?3 IS NULL AND login IS NOT NULL THEN ${FINAL_REVISION} ELSE max(?4, revision) END,
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
  const reads = createCallQueue();
  const writes = createCallQueue();
  const turnsReads = atEndOfTurn<() => void>((tasks) => {
    for (const task of tasks) process.nextTick(task);
  });
  const turnsInserts = atEndOfTurn<{ work: () => void; callback: Callback }>((inserts) => {
    if (inserts.length === 1) insertEach(inserts);
    else insertTogether(inserts);
  });

  return {
    read(id, at, callback) {
      turnsReads.add(inCallersContext(() => call(reads, callback, () => find(id, at))));
    },

    insert(id, record, at, callback) {
      const values = columns(id, record);
      const work = () => {
        cache.forget(id);
        if (insert.run(values).changes || update.run([...values, at]).changes) return;
        remove.run(id); // it has expired
        insert.run(values);
      };
      turnsInserts.add({ work, callback: inCallersContext(callback) });
    },

    update(id, record, at, callback) {
      change(id, callback, () => void update.run([...columns(id, record), at]));
    },

    extend(id, expiresAt, at, callback) {
      change(id, callback, () => void extend.run([id, expiresAt, at]));
    },

    remove(id, callback) {
      change(id, callback, () => void remove.run(id));
    },

    takeLease(key, owner, leaseMs) {
      const at = now();
      return write(() => take.run(key, owner, at + leaseMs, at).changes === 1);
    },
    extendLease: (key, owner, leaseMs) => write(() => void hold.run(key, owner, now() + leaseMs)),
    releaseLease: (key, owner) => write(() => release.run(key, owner).changes === 1),

    async ping() {
      await write(tryToStore);
      opened.checkInPlace();
    },

    async close() {
      await turn(); // reads that were asked for before
      await stopSweep();
      await Promise.all([reads.idle(), writes.idle()]);
      await opened.close();
    },
  };

  function find(id: string, at: number): StoredRecord | undefined {
    const row = cache.read(id, () => readRow(id, at));
    return row && row.expiresAt > at ? row : undefined;
  }

  /** A row that is not UTF-8 was not written by this app: no session. */
  function readRow(id: string, at: number): StoredRecord | undefined {
    const row = read.get([id, at]) as [Buffer, number] | undefined;
    if (!row || !isUtf8(row[0])) return undefined;
    const text = row[0].toString();
    const end = text.indexOf('\n'); // JSON.stringify writes none
    return { data: text.slice(end + 1), login: text.slice(0, end) || null, expiresAt: row[1] };
  }

  /** Whatever is asked of a session comes after its insert. */
  function change(id: string, callback: Callback, work: () => void): void {
    turnsInserts.runNow();
    call(writes, callback, () => {
      cache.forget(id);
      work();
    });
  }

  function insertEach(inserts: readonly { work: () => void; callback: Callback }[]): void {
    for (const { work, callback } of inserts) call(writes, callback, work);
  }

  /** Most of an insert's cost is its transaction. One that the database refuses must not take the others along. */
  function insertTogether(inserts: readonly { work: () => void; callback: Callback }[]): void {
    const insertAll = () => {
      for (const { work } of inserts) work();
    };
    const done = (error: unknown) => {
      if (error) insertEach(inserts);
      else for (const { callback } of inserts) process.nextTick(callback, null);
    };
    call(writes, done, () => inTransaction(insertAll));
  }

  /** Stores and removes a session as large as a login's, in a transaction that others do not see. */
  function tryToStore(): void {
    inTransaction(() => {
      insert.run(['readiness', probe, null, 0, 0]);
      remove.run('readiness');
    });
  }

  function inTransaction(work: () => void): void {
    begin.run();
    try {
      work();
      commit.run();
    } catch (error) {
      // After some errors, such as a full disk, SQLite has rolled back already.
      if (database.inTransaction) rollBack.run();
      throw error;
    }
  }

  function write<T>(work: () => T): Promise<T> {
    return new Promise((resolve, reject) =>
      call<T>(writes, (error, value) => (error ? reject(error) : resolve(value as T)), work),
    );
  }

  function call<T>(queue: CallQueue, callback: Callback<T>, work: () => T | undefined): void {
    queue.run(
      () => {
        // Prepared statements outlive a closed database.
        if (!database.open) throw new Error('it was closed');
        return work();
      },
      (cause, value) => callback(cause ? unavailable(cause) : null, value),
    );
  }

  function unavailable(cause: unknown): SessionStoreError {
    const { message } = cause as Error;
    return new SessionStoreError(
      'SESSION_STORE_UNAVAILABLE',
      `The session store ${name} cannot be used now: ${message}. Check the free disk space and the permissions of the file.`,
      { cause },
    );
  }
}

/** Larger than a database page, as the session of a login is. */
const probe = 'x'.repeat(5000);

/** One array for all values: libsql would create one from several arguments, at a tenth of the cost of a read. */
function columns(id: string, { data, login, revision, expiresAt }: SessionRecord) {
  return [id, data, login, revision, expiresAt] as const;
}

/** About 5 MB. */
const maxRows = 2_000;

/**
 * Rows that were read recently: a member's requests come in groups. docs/benchmark.md has the gain.
 * @param version changes when another connection has written to the database; then every row is forgotten. Own writes
 * call `forget`.
 */
function createRowCache(version: () => unknown) {
  const rows = new Map<string, StoredRecord>();
  let readAt: unknown;

  return {
    /** The row of a session, from `load` when it is not known. */
    read(id: string, load: () => StoredRecord | undefined): StoredRecord | undefined {
      const now = version();
      if (now !== readAt) rows.clear();
      readAt = now;
      const known = rows.get(id);
      if (known) return known;
      const row = load();
      if (rows.size >= maxRows) rows.clear();
      if (row) rows.set(id, row);
      return row;
    },
    forget(id: string): void {
      rows.delete(id);
    },
  };
}
