import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { explainWriteError } from '../../src/config/env-file.ts';
import { loadSqlite, type Sqlite, type SqliteDatabase, SqliteMissingError } from '../../src/session-store/sqlite.ts';
import type { RegistrationContext } from './context.ts';
import { RegistrationError } from './context.ts';
import { siblingPath } from './journal.ts';
import type { Recovered } from './recover-attempts.ts';
import { recoverAttempts } from './recover-attempts.ts';

/** Runs a task that changes something: one run at a time, and after the recovery of interrupted runs. */
export function withExclusiveLock<T>(
  context: RegistrationContext,
  task: (recovered: Recovered) => Promise<T>,
): Promise<T> {
  const onWait = () => context.tell(`Waiting for another run that works on ${context.envFile}.`);
  return withEnvFileLock(context.envFile, async () => task(await recoverAttempts(context)), { onWait });
}

/**
 * Runs the task while no other run, in any process, works on the same env file.
 *
 * The lock is SQLite's on an empty file, which is the operating system's: it is released when the process ends, even if
 * it is killed. The file stays, because deleting it would allow two locks: one on the old file, one on the new. Where
 * there is no SQLite, it is a port of this machine.
 * Throws `RegistrationError` (`busy`) when it is not free within `waitMs`, `EnvFileError` when it cannot be created.
 */
export async function withEnvFileLock<T>(
  envFile: string,
  task: () => Promise<T>,
  { waitMs = 60_000, onWait = () => {} }: { waitMs?: number; onWait?: () => void } = {},
): Promise<T> {
  const path = await siblingPath(envFile, '.lock');
  const deadline = Date.now() + waitMs;
  const sqlite = await loadSqlite().catch((error: Error) => {
    if (error instanceof SqliteMissingError) return undefined;
    throw error;
  });
  const tryLock = () => (sqlite ? trySqlite(sqlite, path) : tryPort(path));
  let lock = await firstTry(tryLock, envFile, path);
  if (!lock) onWait();
  while (!lock) {
    if (Date.now() > deadline) throw busy(envFile);
    await sleep(50 + Math.random() * 100);
    lock = await tryLock();
  }
  try {
    return await task();
  } finally {
    lock.close();
  }
}

/** Held until it is closed. */
type Lock = Pick<SqliteDatabase, 'close'>;

async function firstTry(
  tryLock: () => Promise<Lock | undefined> | Lock | undefined,
  envFile: string,
  path: string,
): Promise<Lock | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return await tryLock();
  } catch (error) {
    throw explainWriteError(envFile, error);
  }
}

function trySqlite(sqlite: Sqlite, path: string): Lock | undefined {
  const database = sqlite.open(path);
  try {
    // Nothing is ever written, so no rollback journal is needed.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    return undefined;
  }
}

/** A port that follows from the path. The system frees it when the process ends, like a lock on a file. */
async function tryPort(path: string): Promise<Lock | undefined> {
  const port = 20_000 + (createHash('sha256').update(path).digest().readUInt16BE() % 12_000);
  const server = createServer().listen({ port, host: '127.0.0.1', exclusive: true });
  try {
    await once(server, 'listening');
    return server;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    return undefined;
  }
}

function busy(envFile: string): RegistrationError {
  return new RegistrationError(
    'busy',
    `Another run is working on ${envFile} and has not finished. Wait for it, or stop it, and try again.`,
  );
}
