import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenDatabase } from './open-database.ts';

const intervalMs = 60_000;
/** Few rows at a time with pauses in between, so that other writers do not wait long. */
const batchSize = 50;
const pauseMs = 10;

/**
 * Removes expired sessions and locks regularly, in the background. Does not keep the process alive.
 * @returns a function that stops it, and resolves when the last run has ended.
 */
export function startSweep(
  { database, inBackground }: OpenDatabase,
  now: () => number,
  firstAfterMs = intervalMs * Math.random(),
): () => Promise<void> {
  const expired = database.prepare('SELECT 1 FROM sessions WHERE expires_at <= ? LIMIT 1').raw();
  let running = Promise.resolve();
  const stopping = new AbortController();
  let timer = schedule(firstAfterMs);

  return function stop() {
    stopping.abort();
    clearTimeout(timer);
    return running;
  };

  function schedule(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      running = sweep();
    }, milliseconds).unref();
  }

  /** If the database is busy or fails, the next sweep tries again. */
  async function sweep(): Promise<void> {
    await sweepOnce(now()).catch(() => {});
    if (!stopping.signal.aborted) timer = schedule(intervalMs);
  }

  async function sweepOnce(at: number): Promise<void> {
    await inBackground(`DELETE FROM locks WHERE expires_at <= ${at}`);
    while (!stopping.signal.aborted && expired.get(at)) {
      await inBackground(
        `DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_at <= ${at} LIMIT ${batchSize})`,
      );
      await sleep(pauseMs, undefined, { ref: false, signal: stopping.signal });
    }
  }
}
