import type Database from 'libsql';

const every = 60_000;
/** Few enough rows to delete without anybody noticing; then the others get their turn. */
const batch = 200;
const breath = 10;

/** Removes expired sessions and locks from time to time, a few at a time. Never keeps the process alive. */
export function startSweep(database: Database.Database, now: () => number): { stop(): void } {
  const forgetSessions = database.prepare(
    'DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_at <= ? LIMIT ?)',
  );
  const forgetLocks = database.prepare('DELETE FROM locks WHERE expires_at <= ?');
  let timer = next(every * Math.random());

  return { stop: () => clearTimeout(timer) };

  function next(milliseconds: number): NodeJS.Timeout {
    return setTimeout(sweep, milliseconds).unref();
  }

  function sweep(): void {
    timer = next(sweepBatch() ? breath : every);
  }

  /** Whether there may be more. A database that is busy or broken now is left to whoever needs it. */
  function sweepBatch(): boolean {
    try {
      forgetLocks.run(now());
      return forgetSessions.run(now(), batch).changes === batch;
    } catch {
      return false;
    }
  }
}
