import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import type { Leases } from '../../src/session-store/backend.ts';
import { createFileBackend } from '../../src/session-store/file-backend.ts';
import { createLock } from '../../src/session-store/lock.ts';
import { openDatabase } from '../../src/session-store/open-database.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { sessionEngines } from '../support/session-engines.ts';

const lifetimes = { idleMs: 60_000, maxMs: 60_000 };
const engines = Object.entries(await sessionEngines());

/** A task that waits until it is let go. */
function heldTask() {
  const signals = new EventEmitter();
  return {
    started: once(signals, 'started'),
    letGo: () => void signals.emit('let go'),
    async run() {
      signals.emit('started');
      await once(signals, 'let go');
    },
  };
}

describe.each(engines)('withLock in %s', (_engine, setting) => {
  test('runs tasks of one key one after the other, in order, and gives back their results', async () => {
    const store = await openSessionStore(setting, lifetimes);
    const { withLock } = store;
    let inside = 0;
    const results = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        withLock('one', async () => {
          expect(++inside).toBe(1);
          await new Promise(setImmediate);
          inside--;
          return index;
        }),
      ),
    );
    expect(results).toEqual(Array.from({ length: 20 }, (_, index) => index));
    await store.close();
  });

  test('lets tasks of different keys run at once', async () => {
    const store = await openSessionStore(setting, lifetimes);
    const held = heldTask();
    const first = store.withLock('held', held.run);
    await held.started;
    await expect(store.withLock('other', async () => 'done')).resolves.toBe('done');
    held.letGo();
    await first;
    await store.close();
  });

  test('passes on the failure of a task and is free afterwards', async () => {
    const store = await openSessionStore(setting, lifetimes);
    await expect(store.withLock('failing', () => Promise.reject('why'))).rejects.toBe('why');
    await expect(store.withLock('failing', async () => 'next')).resolves.toBe('next');
    await store.close();
  });

  test('lets nobody wait forever, and a caller that gives up leaves the order intact', async () => {
    const store = await openSessionStore(setting, { ...lifetimes, waitMs: 100 });
    const held = heldTask();
    const first = store.withLock('slow', held.run);
    await held.started;
    const locked = { name: 'SessionStoreError', code: 'SESSION_STORE_UNAVAILABLE' };
    await expect(store.withLock('slow', async () => 'never')).rejects.toMatchObject(locked);
    const last = store.withLock('slow', async () => 'after all');
    held.letGo();
    await first;
    await expect(last).resolves.toBe('after all');
    await store.close();
  });
});

describe.each(engines.filter(([engine]) => engine !== 'memory'))('withLock of two stores in %s', (_e, setting) => {
  test('keeps one out while the other is in, also beyond the length of a lease', async () => {
    const impatient = { ...lifetimes, leaseMs: 150, waitMs: 600 };
    const [one, other] = [await openSessionStore(setting, impatient), await openSessionStore(setting, impatient)];
    const held = heldTask();
    const first = one.withLock('shared', held.run);
    await held.started;
    const locked = { code: 'SESSION_STORE_UNAVAILABLE' };
    await expect(other.withLock('shared', async () => 'both in')).rejects.toMatchObject(locked);
    const next = other.withLock('shared', async () => 'in turn');
    held.letGo();
    await first;
    await expect(next).resolves.toBe('in turn');
    await Promise.all([one.close(), other.close()]);
  });

  test('lets the next one in when the holder has died, once its lease is over', async () => {
    const impatient = { ...lifetimes, leaseMs: 300, waitMs: 5000 };
    const dead = await openSessionStore(setting, impatient);
    const other = await openSessionStore(setting, impatient);
    const held = heldTask();
    const never = dead.withLock('orphan', held.run);
    await held.started;
    await dead.close(); // can neither extend nor release it
    const started = performance.now();
    await expect(other.withLock('orphan', async () => 'taken over')).resolves.toBe('taken over');
    expect(performance.now() - started).toBeLessThan(3000);
    held.letGo();
    await never;
    await other.close();
  });
});

test('in a database a lease that has ended is taken over, and its former holder can neither extend nor end it', async () => {
  let now = Date.now();
  const backend = createFileBackend(await openDatabase(':memory:'), 'memory:', () => now);
  expect(await backend.takeLease('key', 'dead', 1000)).toBe(true);
  now += 999;
  expect(await backend.takeLease('key', 'next', 1000)).toBe(false);
  now += 1;
  expect(await backend.takeLease('key', 'next', 1000)).toBe(true);
  await backend.extendLease('key', 'dead', 5000);
  await backend.releaseLease('key', 'dead');
  expect(await backend.takeLease('key', 'third', 1000)).toBe(false);
  now += 1000;
  expect(await backend.takeLease('key', 'third', 1000)).toBe(true);
  await backend.close();
});

/** Leases in memory whose replies can be lost. */
function fallibleLeases() {
  const owners = new Map<string, string>();
  let lost: 'reply' | 'release' | undefined;
  const leases: Leases = {
    async takeLease(key, owner) {
      const free = !owners.has(key);
      if (free) owners.set(key, owner);
      if (lost === 'reply') throw new Error('the reply was lost');
      return free;
    },
    async extendLease() {},
    async releaseLease(key, owner) {
      if (lost === 'release') throw new Error('the request was lost');
      return owners.get(key) === owner && owners.delete(key);
    },
  };
  return {
    leases,
    owners,
    lose(what?: typeof lost) {
      lost = what;
    },
  };
}

test('a lease that was taken without a reply is given back, so that the next task does not wait for its end', async () => {
  const { leases, owners, lose } = fallibleLeases();
  const withLock = createLock(leases, { leaseMs: 30_000, waitMs: 2000 });
  lose('reply');
  await expect(withLock('key', async () => 'in')).rejects.toThrow('the reply was lost');
  expect(owners.size).toBe(1);
  lose();
  await expect(withLock('key', async () => 'in')).resolves.toBe('in');
});

test('a lease that could not be given back is given back as soon as that is possible', async () => {
  const { leases, lose } = fallibleLeases();
  const withLock = createLock(leases, { leaseMs: 30_000, waitMs: 2000 });
  await expect(
    withLock('key', async () => {
      lose('release');
      return 'in';
    }),
  ).resolves.toBe('in');
  lose();
  await expect(withLock('key', async () => 'next')).resolves.toBe('next');
});
