import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Leases, SessionStoreError } from './backend.ts';

/** Lock timeouts in milliseconds. The defaults suit tasks that call a server; tests shorten them. */
export interface LockOptions {
  /** A lock whose holder died is free after this time. A running holder extends it. */
  readonly leaseMs?: number;
  /** How long to wait for the lock. Longer than the lease, so that the lock of a dead holder can be taken over. */
  readonly waitMs?: number;
}

/** Milliseconds before a failed release is retried; each pause is twice as long as the one before. */
const releaseRetryMs = 250;

/**
 * Runs one task at a time for each key, across all processes that share the leases. Within this process tasks wait in a
 * queue; the first in the queue tries to take the lease.
 * @returns a function that runs `task` and returns its result. It rejects with `SessionStoreError`
 * `SESSION_STORE_UNAVAILABLE` after `waitMs`, and when the store is unavailable.
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
      await waitUntil(deadline, before, key);
      return await runLeased(key, task, deadline);
    } finally {
      leave();
      if (queues.get(key) === tail) queues.delete(key);
    }
  };

  async function runLeased<T>(key: string, task: () => Promise<T>, deadline: number): Promise<T> {
    const owner = randomUUID();
    while (!(await takeLease(key, owner))) {
      if (Date.now() >= deadline) throw timeoutError(key);
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

  /** A failed request may still have taken the lease, with only the reply lost. */
  async function takeLease(key: string, owner: string): Promise<boolean> {
    try {
      return await leases.takeLease(key, owner, leaseMs);
    } catch (error) {
      void releaseLater(key, owner);
      throw error;
    }
  }

  /**
   * Retries the release until it succeeds or the lease has expired, so that others need not wait for the expiry once the
   * store is available again. A delayed request can still take the lease after the first attempt. Never rejects.
   */
  async function releaseLater(key: string, owner: string): Promise<void> {
    for (let pause = releaseRetryMs, waited = 0; waited < leaseMs; pause *= 2) {
      await sleep(pause, undefined, { ref: false });
      waited += pause;
      if (await leases.releaseLease(key, owner).catch(() => false)) return;
    }
  }
}

function waitUntil(deadline: number, turn: Promise<void>, key: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(timeoutError(key)), deadline - Date.now());
    turn.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}

function timeoutError(key: string): SessionStoreError {
  return new SessionStoreError(
    'SESSION_STORE_UNAVAILABLE',
    `Waited too long for the lock "${key.slice(0, 8)}…": another request or process is still using it. Try again.`,
  );
}

function withResolver(): { promise: Promise<void>; resolve: () => void } {
  let resolve = ignore;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** A lease that cannot be extended expires. */
function ignore(): void {}
