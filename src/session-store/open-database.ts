import { chmodSync, closeSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SessionStoreError } from './backend.ts';
import { loadSqlite, type Sqlite, type SqliteDatabase } from './sqlite.ts';

const schemaVersion = 1;

/** The login has its own column because other rules apply to it. */
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
 * With a write-ahead log `synchronous = NORMAL` loses nothing when the process is killed; a power cut may lose the most
 * recent transactions.
 */
const connectionSettings = 'PRAGMA busy_timeout = 800; PRAGMA synchronous = NORMAL';

/** Files up to this size, in bytes, are fully checked at the start, which takes some 25 ms. */
const maxFullCheckBytes = 32 * 1024 * 1024;

/** An open database. */
export interface OpenDatabase {
  readonly database: SqliteDatabase;
  /** Runs slow SQL on a separate connection and thread. */
  inBackground(sql: string): Promise<void>;
  /** Throws when the file was deleted or replaced: sessions would be lost when the process ends. */
  checkInPlace(): void;
  /** Leaves everything in one file, unless another process uses it. */
  close(): Promise<void>;
}

/**
 * Opens the database file. Creates it, and its folder, if needed, accessible to this user only. Throws
 * `SessionStoreError` `SESSION_STORE_FILE` when the file cannot be used; it is never replaced or repaired.
 * Throws `SqliteMissingError` when there is no SQLite.
 * @param file absolute path, or `:memory:`.
 */
export async function openDatabase(file: string): Promise<OpenDatabase> {
  const sqlite = await loadSqlite();
  let database: SqliteDatabase | undefined;
  try {
    if (file !== ':memory:') makeFile(file);
    const opened = sqlite.open(file);
    database = opened;
    await retryWhileBusy(() => prepareDatabase(opened, file));
    database.exec('PRAGMA busy_timeout = 0'); // from here on, waiting would block the event loop
    return file === ':memory:' ? withoutBackground(database) : withBackground(sqlite, database, file);
  } catch (error) {
    database?.close();
    throw error instanceof SessionStoreError ? error : unusable(file, error);
  }
}

function withoutBackground(database: SqliteDatabase): OpenDatabase {
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

/** Identifies a file independently of its name; undefined when it does not exist. */
function identity(name: string): string | undefined {
  const found = statSync(name, { throwIfNoEntry: false });
  return found && `${found.dev} ${found.ino}`;
}

/** The background connection is opened on first use, which keeps the start fast. */
function withBackground(sqlite: Sqlite, database: SqliteDatabase, file: string): OpenDatabase {
  const files = [file, `${file}-wal`];
  const opened = files.map(identity);
  let opening: ReturnType<typeof openBackground> | undefined;
  const background = () => {
    opening ??= openBackground(sqlite, file).catch((error) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    database,
    inBackground: async (sql) => void (await (await background()).exec(sql)),
    checkInPlace() {
      if (files.some((name, index) => opened[index] && identity(name) !== opened[index])) throw replaced(file);
    },
    async close() {
      database.close();
      const connection = await background().catch(() => undefined);
      await connection?.exec('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => {});
      connection?.close();
    },
  };
}

/** Checkpoints often in the background, so that the event loop does not wait for the disk. */
async function openBackground(sqlite: Sqlite, file: string) {
  const connection = await sqlite.openInBackground(file);
  await connection.exec(`${connectionSettings}; PRAGMA wal_autocheckpoint = 200`);
  return connection;
}

function makeFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  closeSync(openSync(file, 'a', 0o600));
}

/** Changes nothing in a file of another program. SQLite gives the -wal and -shm files the permissions of the main one. */
function prepareDatabase(database: SqliteDatabase, file: string): void {
  database.exec(connectionSettings);
  const { version, tables } = contents(database);
  if (version > schemaVersion) throw newer(file, version);
  if (version === 0 && tables > 0) throw foreign(file);
  if (file !== ':memory:') {
    if (statSync(file).size <= maxFullCheckBytes) check(database);
    makePrivate(file);
  }
  database.exec('PRAGMA journal_mode = WAL');
  if (version === 0) createSchema(database);
}

/** Fails on a volume that belongs to somebody else, and on some file systems. The file can still be used there. */
function makePrivate(file: string): void {
  try {
    chmodSync(file, 0o600);
  } catch {}
}

/**
 * Permissions such as `0666` when users of no relation to the file can read it, although it was to be private. A group can
 * be meant: Kubernetes gives a volume to one (`fsGroup`).
 */
export function readableByOthers(file: string): string | undefined {
  const mode = process.platform === 'win32' ? 0 : statSync(file).mode & 0o777;
  return mode & 0o007 ? mode.toString(8).padStart(4, '0') : undefined;
}

/** Another process may do the same concurrently; the second one finds the tables. */
function createSchema(database: SqliteDatabase): void {
  database.exec('BEGIN IMMEDIATE');
  try {
    if (contents(database).version === 0) database.exec(schema);
    database.exec('COMMIT');
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

function check(database: SqliteDatabase): void {
  // As a BLOB: the verdict may quote text that is not UTF-8, on which libsql crashes the process.
  const sql = 'SELECT CAST(quick_check AS BLOB) FROM pragma_quick_check';
  const verdict = String((database.prepare(sql).raw().get() as [Buffer])[0]);
  if (verdict !== 'ok') throw new Error(`it is damaged (${verdict.split('\n').at(-1)})`);
}

/** Both in one statement: another process may be creating the tables. */
function contents(database: SqliteDatabase): { version: number; tables: number } {
  const both = 'SELECT user_version, (SELECT count(*) FROM sqlite_master) FROM pragma_user_version';
  const [version, tables] = database.prepare(both).raw().get() as [number, number];
  return { version, tables };
}

/** Processes that start together block each other; SQLite does not wait for a change of the journal mode. */
async function retryWhileBusy(work: () => void, attempts = 20): Promise<void> {
  try {
    work();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'SQLITE_BUSY' || attempts === 0) throw error;
    await sleep(20 + Math.random() * 80);
    await retryWhileBusy(work, attempts - 1);
  }
}

function unusable(file: string, cause: unknown): SessionStoreError {
  const { message } = cause as Error;
  return new SessionStoreError(
    'SESSION_STORE_FILE',
    `The session store ${file} cannot be used: ${message}. If the file is damaged, move it away (with its -wal and ` +
      '-shm companions) and start again: all users have to log in again. If it cannot be opened or written, ' +
      'check the permissions of the file and its folder, or set SESSION_STORE to another file.',
    { cause },
  );
}

function replaced(file: string): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_UNAVAILABLE',
    `The session store ${file} was deleted, moved or replaced while the app runs. Put the same file (with its -wal and ` +
      '-shm companions) back, or restart the app to use the file that is there now.',
  );
}

function newer(file: string, version: number): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_FILE',
    `The session store ${file} was created by a newer version of this app (schema ${version}, this version supports ` +
      `${schemaVersion}). Start that version, or set SESSION_STORE to another file.`,
  );
}

function foreign(file: string): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_FILE',
    `${file} is a database of another program. Set SESSION_STORE to a file of its own.`,
  );
}
