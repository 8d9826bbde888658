import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Leases } from './backend.ts';
import { SessionStoreError } from './session-store-error.ts';

/** How patient a lock is, in milliseconds. The defaults suit tasks that wait for a server; tests shorten them. */
export interface LockOptions {
  /** After this time a lock whose holder died is free again. A living holder keeps extending it. */
  readonly leaseMs?: number;
  /** After this time whoever waits gives up. Longer than the lease, so that waiters outlive a dead holder. */
  readonly waitMs?: number;
}

/** Milliseconds before the first further attempt to give back a lease; each pause is twice the one before. */
const releasePause = 250;

/**
 * One task at a time for each key, across every process that shares the leases. Within this process the tasks queue;
 * the first of the queue then tries for the lease.
 * @returns a function that runs `task` and gives back its result. It rejects with `SessionStoreError`
 * `SESSION_STORE_UNAVAILABLE` after `waitMs`, and when the store does not answer.
 */
export function createLock(leases: Leases, { leaseMs = 30_000, waitMs = 45_000 }: LockOptions = {}) {
  const queues = new Map<string, Promise<void>>();

  return async function withLock<T>(key: string, task: () => Promise<T>): Promise<T> {
    const deadline = Date.now() + waitMs;
    const before = queues.get(key) ?? Promise.resolve();
    const { promise: finished, resolve: leave } = withResolver();
    const tail = before.then(() => finished);
    queues.set(key, tail);
    try {
      await atTheLatest(deadline, before, key);
      return await runLeased(key, task, deadline);
    } finally {
      leave();
      if (queues.get(key) === tail) queues.delete(key);
    }
  };

  async function runLeased<T>(key: string, task: () => Promise<T>, deadline: number): Promise<T> {
    const owner = randomUUID();
    while (!(await takeLease(key, owner))) {
      if (Date.now() >= deadline) throw tookTooLong(key);
      await sleep(5 + Math.random() * 20);
    }
    const extending = setInterval(() => leases.extendLease(key, owner, leaseMs).catch(ignore), leaseMs / 3);
    extending.unref();
    try {
      return await task();
    } finally {
      clearInterval(extending);
      await leases.releaseLease(key, owner).catch(() => void releaseLater(key, owner));
    }
  }

  /** A request that failed may have been carried out all the same, with only its reply lost. */
  async function takeLease(key: string, owner: string): Promise<boolean> {
    try {
      return await leases.takeLease(key, owner, leaseMs);
    } catch (error) {
      void releaseLater(key, owner);
      throw error;
    }
  }

  /**
   * The store was unavailable just then: others should not have to wait for the lease to end once it is back. Tries until
   * the lease was given back or has ended: a lost request can still arrive after the first attempt. Never rejects.
   */
  async function releaseLater(key: string, owner: string): Promise<void> {
    for (let pause = releasePause, waited = 0; waited < leaseMs; pause *= 2) {
      await sleep(pause, undefined, { ref: false });
      waited += pause;
      if (await leases.releaseLease(key, owner).catch(() => false)) return;
    }
  }
}

function atTheLatest(deadline: number, turn: Promise<void>, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(tookTooLong(key)), deadline - Date.now());
    turn.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

function tookTooLong(key: string): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_UNAVAILABLE',
    `Waited too long for the lock "${key.slice(0, 8)}…": another request or process still works on it. Try again.`,
  );
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = ignore;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A lease that cannot be extended ends by itself. */
function ignore(): void {}
