import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Database from 'libsql';
import { SessionStoreError } from './session-store-error.ts';

const schemaVersion = 1;

/** The login has a column of its own, because it is replaced by rules of its own. */
const schema = `
  CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    data TEXT NOT NULL,
    login TEXT,
    revision INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX sessions_by_expiry ON sessions (expires_at);
  CREATE TABLE locks (key TEXT PRIMARY KEY, owner TEXT NOT NULL, expires_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  PRAGMA user_version = ${schemaVersion};`;

/**
 * With a write-ahead log `synchronous = NORMAL` loses nothing when the process is killed; a power cut may cost the last
 * moments.
 */
const connectionSettings = 'PRAGMA busy_timeout = 800; PRAGMA synchronous = NORMAL';

/** A file up to this size, in bytes, is checked whole at the start; that takes some 25 ms. */
const checkedWhole = 32 * 1024 * 1024;

/** An open database. */
export interface OpenDatabase {
  readonly database: Database.Database;
  /** Runs SQL that may take its time on a connection and a thread of its own. */
  inBackground(sql: string): Promise<void>;
  /** Throws when the file was deleted or replaced: then what is stored is lost when the process ends. */
  checkInPlace(): void;
  /** Leaves everything in the one file, if no other process uses it. */
  close(): Promise<void>;
}

/**
 * Opens, and if need be makes, the database file: readable by this user alone, in a folder of the same kind.
 * Throws `SessionStoreError` `SESSION_STORE_FILE` when the file is not one we can use; it is never replaced or repaired.
 * @param file absolute path, or `:memory:`.
 */
export async function openDatabase(file: string): Promise<OpenDatabase> {
  const { default: Libsql } = await import('libsql');
  try {
    if (file !== ':memory:') makeFile(file);
    const database = new Libsql(file);
    await whileBusy(() => prepareDatabase(database, file));
    database.exec('PRAGMA busy_timeout = 0'); // from here on a wait would block the event loop
    return file === ':memory:' ? withoutBackground(database) : withBackground(database, file);
  } catch (error) {
    throw error instanceof SessionStoreError ? error : unusable(file, error);
  }
}

function withoutBackground(database: Database.Database): OpenDatabase {
  return {
    database,
    async inBackground(sql) {
      database.exec(sql);
    },
    checkInPlace() {},
    async close() {
      database.close();
    },
  };
}

/** The same for every name of a file as long as it exists; undefined when there is none. */
function identity(name: string): string | undefined {
  const found = statSync(name, { throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}

/** The background's connection is opened when it is first needed, which no start does. */
function withBackground(database: Database.Database, file: string): OpenDatabase {
  const files = [file, `${file}-wal`];
  const opened = files.map(identity);
  let opening: ReturnType<typeof openBackground> | undefined;
  const background = () => {
    opening ??= openBackground(file).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    database,
    inBackground: async (sql) => (await background()).exec(sql),
    checkInPlace() {
      if (files.some((name, index) => opened[index] && identity(name) !== opened[index])) throw displaced(file);
    },
    async close() {
      database.close();
      const connection = await background().catch(() => undefined);
      await connection?.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {});
      connection?.close();
    },
  };
}

/** What is written in the background is also checkpointed there, often: whoever waits for the disk then is not us. */
async function openBackground(file: string) {
  const { default: Libsql } = await import('libsql/promise');
  const connection = new Libsql(file, {});
  await connection.exec(`${connectionSettings}; PRAGMA wal_autocheckpoint = 200`);
  return connection;
}

/** What is made is readable by this user alone. */
function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

/** Looks first, and changes nothing about a file that is not ours. SQLite gives its companion files the rights of the main one. */
function prepareDatabase(database: Database.Database, file: string): void {
  database.exec(connectionSettings);
  const { version, tables } = contents(database);
  if (version > schemaVersion) throw newer(file, version);
  if (version === 0 && tables > 0) throw foreign(file);
  if (file !== ':memory:') {
    if (statSync(file).size <= checkedWhole) check(database);
    chmodSync(file, 0o600);
  }
  database.exec('PRAGMA journal_mode = WAL');
  if (version === 0) createSchema(database);
}

/** Another process may do the same at the same moment: whoever comes second finds it done. */
function createSchema(database: Database.Database): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    if (contents(database).version === 0) database.exec(schema);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function check(database: Database.Database): void {
  // As bytes: the verdict may quote what is not UTF-8, and libsql ends the process over such a string.
  const sql = 'SELECT CAST(quick_check AS BLOB) FROM pragma_quick_check(1)';
  const verdict = String((database.prepare(sql).raw().get() as [Buffer])[0]);
  if (verdict !== 'ok') throw new Error(`it is damaged (${verdict.split('\n').at(-1)})`);
}

/** Both at the same moment: another process may be making the tables. */
function contents(database: Database.Database): { version: number; tables: number } {
  const both = 'SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version';
  const [version, tables] = database.prepare(both).raw().get() as [number, number];
  return { version, tables };
}

/** Processes that start together make each other wait; SQLite does not queue for a change of the journal mode. */
async function whileBusy(work: () => void, attempts = 20): Promise<void> {
  try {
    work();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY' || attempts === 0) throw error;
    await sleep(20 + Math.random() * 80);
    await whileBusy(work, attempts - 1);
  }
}

function unusable(file: string, cause: unknown): SessionStoreError {
  const { message } = cause as Error;
  return new SessionStoreError(
    'SESSION_STORE_FILE',
    `The session store ${file} cannot be used: ${message}. If the file is damaged, move it away (with its -wal and ` +
      '-shm companions) and start again: everybody will have to log in anew. If it cannot be opened or written, ' +
      'see to the rights of file and folder, or set SESSION_STORE to another place.',
    { cause },
  );
}

function displaced(file: string): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_UNAVAILABLE',
    `The session store ${file} was deleted, moved or replaced while the app runs. Put the same file (with its -wal and ` +
      '-shm companions) back, or restart the app: then sessions begin in the file that is there.',
  );
}

function newer(file: string, version: number): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_FILE',
    `The session store ${file} was made by a newer version of this app (schema ${version}, this one knows ` +
      `${schemaVersion}). Start that version, or set SESSION_STORE to another file.`,
  );
}

function foreign(file: string): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_FILE',
    `${file} is a database of another program. Set SESSION_STORE to a file of its own.`,
  );
}
