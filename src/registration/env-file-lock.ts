import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import { explainWriteError } from '../config/env-file.ts';
import { fileBeside } from './file-beside.ts';
import { RegistrationError } from './registration-error.ts';

/**
 * Runs the task while no other run, in whatever process, does anything to the same env file.
 *
 * The lock is SQLite's on an empty file, which is the operating system's: it ends with the process, even one that was
 * killed, and no later run has to guess whether its holder is alive. The file stays, because removing it would let
 * two runs hold a lock each: one on the old file, one on the new.
 * Throws `RegistrationError` (`busy`) when it is not free within `waitMs`, `EnvFileError` when nothing can be written there.
 */
export async function withEnvFileLock<T>(
  envFile: string,
  task: () => Promise<T>,
  { waitMs = 60_000, onWait = () => {} }: { waitMs?: number; onWait?: () => void } = {},
): Promise<T> {
  const path = await fileBeside(envFile, '.lock');
  const deadline = Date.now() + waitMs;
  let lock = await firstTry(envFile, path);
  if (!lock) onWait();
  while (!lock) {
    if (Date.now() > deadline) throw busy(envFile);
    await sleep(50 + Math.random() * 100);
    lock = tryLock(path);
  }
  try {
    return await task();
  } finally {
    lock.close();
  }
}

async function firstTry(envFile: string, path: string): Promise<Database.Database | undefined> {
  try {
    await mkdir(dirname(path), { recursive: true });
    return tryLock(path);
  } catch (error) {
    throw explainWriteError(envFile, error);
  }
}

function tryLock(path: string): Database.Database | undefined {
  const database = new Database(path);
  try {
    // Nothing is ever written, so nothing needs a rollback journal beside it.
    database.exec('PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE');
    return database;
  } catch (error) {
    database.close();
    if ((error as { code?: string }).code !== 'SQLITE_BUSY') throw error;
    return undefined;
  }
}

function busy(envFile: string): RegistrationError {
  return new RegistrationError(
    'busy',
    `Another run is working on ${envFile} and has not finished. Wait for it, or end it, and try again.`,
  );
}
