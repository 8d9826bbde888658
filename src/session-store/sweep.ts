import { setTimeout as sleep } from 'node:timers/promises';
import type { OpenDatabase } from './open-database.ts';

const every = 60_000;
/** Rows at a time, and a breath in between, so that nobody waits long to write. */
const batch = 50;
const breath = 10;

/**
 * Removes expired sessions and locks from time to time, in the background. Never keeps the process alive.
 * @returns a function that ends it, and resolves when nothing of it runs any more.
 */
export function startSweep(
  { database, inBackground }: OpenDatabase,
  now: () => number,
  firstAfter = every * Math.random(),
): () => Promise<void> {
  const expired = database.prepare('SELECT 1 FROM sessions WHERE expires_at <= ? LIMIT 1').raw();
  let running = Promise.resolve();
  let stopped = false;
  let timer = next(firstAfter);

  return function stop() {
    stopped = true;
    clearTimeout(timer);
    return running;
  };

  function next(milliseconds: number): NodeJS.Timeout {
    return setTimeout(() => {
      running = sweep();
    }, milliseconds).unref();
  }

  /** A database that is busy or broken now is left to whoever needs it, and swept again later. */
  async function sweep(): Promise<void> {
    await sweepOnce(now()).catch(() => {});
    if (!stopped) timer = next(every);
  }

  async function sweepOnce(at: number): Promise<void> {
    await inBackground(`DELETE FROM locks WHERE expires_at <= ${at}`);
    while (!stopped && expired.get(at)) {
      await inBackground(
        `DELETE FROM sessions WHERE rowid IN (SELECT rowid FROM sessions WHERE expires_at <= ${at} LIMIT ${batch})`,
      );
      await sleep(breath, undefined, { ref: false });
    }
  }
}
