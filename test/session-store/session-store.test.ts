import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionStore } from '../../src/session-store/open-session-store.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { redisServer } from '../support/redis-server.ts';
import { destroy, get, login, newSession, set, touch } from '../support/sessions.ts';

const idleMs = 3_600_000;
const maxMs = 24 * 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'session-store-'));
const redis = await redisServer();
const settings = {
  memory: 'memory:',
  'a file': `file:${join(folder, 'sessions.db')}`,
  ...(redis && { Redis: redis.url }),
};
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await redis?.stop();
});

describe.each(Object.entries(settings))('a session store in %s', (_engine, setting) => {
  let store: SessionStore;
  let now = Date.now();
  let id = '';

  beforeEach(async () => {
    now = Date.now();
    id = `session-${randomUUID()}`;
    store = await openSessionStore(setting, { idleMs, maxMs, now: () => now });
  });
  afterEach(() => store.close());

  test('gives back what was stored, login and cookie included', async () => {
    const session = { ...newSession(), login: login(), finished: { a: '/b' } };
    await set(store, id, { ...session });
    expect(JSON.parse(JSON.stringify(await get(store, id)))).toEqual(session);
  });

  test('knows nothing of a session nobody stored', async () => {
    expect(await get(store, id)).toBeNull();
  });

  test('drops what is saved after the session was destroyed', async () => {
    const session = newSession();
    await set(store, id, session);
    const loaded = await get(store, id);
    await destroy(store, id);
    await set(store, id, session);
    await set(store, id, { ...loaded!, finished: { late: '/' } });
    await touch(store, id, loaded!);
    expect(await get(store, id)).toBeNull();
  });

  test('keeps the newer login when an older one is saved late, and takes the rest', async () => {
    await set(store, id, { ...newSession(), login: login({ revision: 1 }) });
    const late = await get(store, id);
    await set(store, id, {
      ...(await get(store, id))!,
      login: login({ revision: 2, tokens: 'fresh' }),
    });
    await set(store, id, { ...late!, finished: { a: '/late' } });
    expect(await get(store, id)).toMatchObject({
      login: { revision: 2, tokens: 'fresh' },
      finished: { a: '/late' },
    });
  });

  test('ends a session that was idle, and a late save does not bring it back', async () => {
    await set(store, id, newSession());
    const loaded = await get(store, id);
    now += idleMs;
    expect(await get(store, id)).toBeNull();
    await set(store, id, loaded!);
    await touch(store, id, loaded!);
    expect(await get(store, id)).toBeNull();
  });
});
