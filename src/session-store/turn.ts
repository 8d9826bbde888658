import { AsyncResource } from 'node:async_hooks';

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
