import { EventEmitter, once } from 'node:events';
import { describe, expect, test } from '@jest/globals';
import { createFileEngine } from '../../src/session-store/file-engine.ts';
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

  test('lets nobody wait for ever, and whoever gives up leaves the order intact', async () => {
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

describe.each(engines.filter(([engine]) => engine !== 'memory'))(
  'withLock of two stores in %s',
  (_e, setting) => {
    test('keeps one out while the other is in, also beyond the length of a lease', async () => {
      const impatient = { ...lifetimes, leaseMs: 150, waitMs: 600 };
      const [one, other] = [
        await openSessionStore(setting, impatient),
        await openSessionStore(setting, impatient),
      ];
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
  },
);

test('in a database a lease that has ended is taken over, and its former holder can neither extend nor end it', async () => {
  let now = Date.now();
  const engine = createFileEngine(await openDatabase(':memory:'), 'memory:', () => now);
  expect(await engine.takeLease('key', 'dead', 1000)).toBe(true);
  now += 999;
  expect(await engine.takeLease('key', 'next', 1000)).toBe(false);
  now += 1;
  expect(await engine.takeLease('key', 'next', 1000)).toBe(true);
  await engine.extendLease('key', 'dead', 5000);
  await engine.releaseLease('key', 'dead');
  expect(await engine.takeLease('key', 'third', 1000)).toBe(false);
  now += 1000;
  expect(await engine.takeLease('key', 'third', 1000)).toBe(true);
  await engine.close();
});
