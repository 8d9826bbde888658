import { afterAll, afterEach, beforeEach, expect, test } from '@jest/globals';
import type { SessionStore, SessionStoreEvent } from '../../src/session-store/open-session-store.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { redisServer } from '../support/redis-server.ts';
import { destroy, get, newSession, set } from '../support/sessions.ts';
import { until } from '../support/until.ts';

const lifetimes = { idleMs: 3_600_000, maxMs: 86_400_000 };
const redis = await redisServer();
const unavailable = { name: 'SessionStoreError', code: 'SESSION_STORE_UNAVAILABLE' };
afterAll(() => redis?.stop());

if (!redis) test('Redis faults need redis-server', () => {});
else {
  let store: SessionStore;
  let events: SessionStoreEvent[];
  let reported: () => void = () => {};

  beforeEach(async () => {
    await redis.start();
    events = [];
    store = await open();
  });
  afterEach(async () => {
    redis.thaw();
    await store.close();
    await redis.kill();
  });

  const open = (setting = redis.url) =>
    openSessionStore(setting, {
      ...lifetimes,
      report(event) {
        events.push(event);
        reported();
      },
    });

  /** Resolves when the store has said that it is back. */
  const isBack = () =>
    new Promise<void>((resolve) => {
      reported = () => {
        if (events.at(-1)?.event === 'session_store_available') resolve();
      };
      reported();
    });

  /** Everything a request could ask of the store fails within a second. */
  async function expectQuickFailures(): Promise<void> {
    const started = Date.now();
    await Promise.all([
      expect(get(store, 'id')).rejects.toMatchObject(unavailable),
      expect(set(store, 'id', newSession())).rejects.toMatchObject(unavailable),
      expect(destroy(store, 'id')).rejects.toMatchObject(unavailable),
      expect(store.ping()).rejects.toMatchObject(unavailable),
      expect(store.withLock('id', async () => 'in')).rejects.toMatchObject(unavailable),
    ]);
    expect(Date.now() - started).toBeLessThan(1000);
  }

  test('a Redis that is killed makes requests fail at once, and everything works again when it is back', async () => {
    await set(store, 'before', newSession());
    await redis.kill();
    await expectQuickFailures();
    await redis.start();
    await isBack();
    await set(store, 'after', newSession());
    expect(await get(store, 'after')).not.toBeNull();
    await expect(store.withLock('after', async () => 'in')).resolves.toBe('in');
    expect(events.map(({ event }) => event)).toEqual(['session_store_unavailable', 'session_store_available']);
  });

  test('a Redis that freezes makes requests fail within a second, and everything works again when it thaws', async () => {
    const session = newSession();
    await set(store, 'frozen', session);
    redis.freeze();
    await expectQuickFailures();
    await expectQuickFailures();
    await new Promise<void>((resolve) => {
      reported = () => events.length > 0 && resolve();
      reported();
    });
    await expectQuickFailures();
    redis.thaw();
    await isBack();
    expect(await get(store, 'frozen')).not.toBeNull();
  });

  test('a Redis that is down at the start does not keep the app from starting', async () => {
    await store.close();
    await redis.kill();
    const started = Date.now();
    store = await open();
    expect(Date.now() - started).toBeLessThan(1000);
    await expectQuickFailures();
    await redis.start();
    await isBack();
    await expect(store.ping()).resolves.toBeUndefined();
  });

  test('a Redis that is frozen does not keep the app from starting, nor from stopping', async () => {
    await store.close();
    redis.freeze();
    const started = Date.now();
    store = await open();
    await expectQuickFailures();
    await store.close();
    expect(Date.now() - started).toBeLessThan(3000);
  });

  test('a wrong password is reported without being repeated, and fails requests', async () => {
    await redis.command('CONFIG', 'SET', 'requirepass', 'right');
    const wrong = await open(redis.url.replace('//', '//:wr0ng-one@'));
    await expect(get(wrong, 'id')).rejects.toMatchObject(unavailable);
    expect(events[0]).toMatchObject({ event: 'session_store_unavailable', error: unavailable });
    expect(JSON.stringify(events.map((event) => ('error' in event ? event.error.message : '')))).not.toContain(
      'wr0ng-one',
    );
    await wrong.close();
  });

  test('a Redis that is full still says who is logged in, and that the session was not extended', async () => {
    await set(store, 'full', newSession());
    await redis.command('HSET', 'login:session:full', 'expiresAt', `${Date.now() + 60_000}`);
    await redis.command('CONFIG', 'SET', 'maxmemory', '1');
    expect(await get(store, 'full')).not.toBeNull();
    await until(() => events.some(({ event }) => event === 'session_not_extended'));
    await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    expect(await get(store, 'full')).not.toBeNull();
    expect(Number(await redis.command('HGET', 'login:session:full', 'expiresAt'))).toBeGreaterThan(Date.now() + 60_001);
  });

  test('Redis itself forgets a session when it ends', async () => {
    await set(store, 'ending', newSession());
    const left = Number(await redis.command('PTTL', 'login:session:ending'));
    expect(left).toBeGreaterThan(lifetimes.idleMs - 5000);
    expect(left).toBeLessThanOrEqual(lifetimes.idleMs);
  });
}
