import { AsyncResource } from 'node:async_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds that calls wait for another connection to release its lock. */
const patience = 800;
/** Milliseconds between two attempts. */
const pause = 10;

type Answer<T> = (error: unknown, value?: T) => void;

interface Call {
  readonly work: () => unknown;
  readonly answer: Answer<never>;
  readonly giveUpAt: number;
}

/** Calls to a SQLite database that other connections may lock. */
export interface CallQueue {
  /**
   * Runs `work` and answers with its value or its error, before it returns if it can. While another connection holds the
   * lock (`SQLITE_BUSY`), this call and those after it wait, in order, and the event loop goes on. A call that waited in
   * vain fails with that error, and until one succeeds again, others fail at once. `work` may run again after it threw.
   */
  run<T>(work: () => T, answer: Answer<T>): void;
  /** Resolves when no call waits. */
  idle(): Promise<void>;
}

export function createCallQueue(): CallQueue {
  const waiting: Call[] = [];
  let waitedInVain = false;

  return {
    run<T>(work: () => T, answer: Answer<T>) {
      if (waiting.length === 0 && attempt({ work, answer, giveUpAt: waitedInVain ? 0 : Infinity })) return;
      const inContext = AsyncResource.bind(answer);
      const later: Answer<T> = (error, value) => process.nextTick(inContext, error, value);
      waiting.push({ work, answer: later, giveUpAt: performance.now() + patience });
      if (waiting.length === 1) setTimeout(retry, pause);
    },

    async idle() {
      while (waiting.length > 0) await sleep(pause);
    },
  };

  function retry(): void {
    while (waiting[0] && attempt(waiting[0])) waiting.shift();
    if (waiting.length > 0) setTimeout(retry, pause);
  }

  /** Whether the call was answered. The answer is given outside the `try`: what it throws is not the database's error. */
  function attempt({ work, answer, giveUpAt }: Call): boolean {
    let value: unknown;
    let error: unknown = null;
    try {
      value = work();
      waitedInVain = false;
    } catch (cause) {
      const busy = isBusy(cause);
      if (busy && performance.now() < giveUpAt) return false;
      if (busy) waitedInVain = true;
      error = cause;
    }
    answer(error, value as never);
    return true;
  }
}

function isBusy(error: unknown): boolean {
  return String((error as { code?: unknown } | undefined)?.code).startsWith('SQLITE_BUSY');
}
