import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that a call waits while another connection has locked the database, and between two attempts. */
const maxWaitMs = 800;
const retryMs = 10;

/** Calls to a database that other connections may lock. */
export interface CallQueue {
  /**
   * Runs `work` and calls back with its value or error, synchronously if possible. While another connection has locked the
   * database (`SQLITE_BUSY`), this call and later ones wait in order, without blocking the event loop. A call that waited
   * too long fails with that error; until one succeeds again, others then fail at once. `work` may run again after it threw.
   */
  run<T>(work: () => T, callback: (error: unknown, value?: T) => void): void;
  /** Resolves when no call waits. */
  idle(): Promise<void>;
}

/** A queue in which no call waits yet. */
export function createCallQueue(): CallQueue {
  /** Each returns whether it is done. */
  const waiting: (() => boolean)[] = [];
  let timedOut = false;

  return {
    run(work, callback) {
      if (waiting.length === 0 && attempt(work, callback, timedOut ? 0 : Infinity)) return;
      const deadline = performance.now() + maxWaitMs;
      const later = AsyncResource.bind(callback);
      waiting.push(() => attempt(work, (error, value) => process.nextTick(later, error, value), deadline));
      if (waiting.length === 1) setTimeout(retry, retryMs);
    },

    async idle() {
      while (waiting.length > 0) await sleep(retryMs);
    },
  };

  function retry(): void {
    while (waiting[0]?.()) waiting.shift();
    if (waiting.length > 0) setTimeout(retry, retryMs);
  }

  function attempt<T>(work: () => T, callback: (error: unknown, value?: T) => void, deadline: number): boolean {
    let value: T | undefined;
    let error: unknown = null;
    try {
      value = work();
      timedOut = false;
    } catch (cause) {
      const busy = String((cause as { code?: unknown }).code).startsWith('SQLITE_BUSY');
      if (busy && performance.now() < deadline) return false;
      if (busy) timedOut = true;
      error = cause;
    }
    callback(error, value); // outside of `try`: what it throws is not the database's error
    return true;
  }
}

/**
 * Collects what comes in one turn of the event loop and hands it on at the end of the turn. Reads, and the requests that
 * wait for them, then run one after the other, and inserts share a transaction. docs/benchmark.md has the gain.
 */
export function atEndOfTurn<T>(run: (items: readonly T[]) => void): { add(item: T): void; runNow(): void } {
  let items: T[] = [];
  const runNow = () => {
    if (items.length === 0) return;
    const due = items;
    items = [];
    run(due);
  };
  return {
    add(item) {
      if (items.length === 0) setImmediate(runNow);
      items.push(item);
    },
    runNow,
  };
}

/** Callers share a turn, but not their async context: `AsyncLocalStorage` and tracing depend on it. */
export function inCallersContext<A extends unknown[]>(callback: (...args: A) => void): (...args: A) => void {
  const caller = new AsyncResource('SessionStore');
  return (...args) => caller.runInAsyncScope(callback, undefined, ...args);
}
