import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { SessionStore } from '../../src/session-store/open-session-store.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { destroy, get, login, newSession, set, touch } from '../support/sessions.ts';

const idleMs = 3_600_000;
const maxMs = 24 * 3_600_000;
const folder = mkdtempSync(join(tmpdir(), 'session-store-'));
const settings = { memory: 'memory:', file: `file:${join(folder, 'sessions.db')}` };

describe.each(Object.entries(settings))('a session store in %s', (_engine, setting) => {
  let store: SessionStore;
  let now = Date.now();
  let id = 0;
  const sid = () => `session-${id}`;

  beforeEach(async () => {
    now = Date.now();
    id++;
    store = await openSessionStore(setting, { idleMs, maxMs, now: () => now });
  });
  afterEach(() => store.close());

  test('gives back what was stored, login and cookie included', async () => {
    const session = { ...newSession(), login: login(), finished: { a: '/b' } };
    await set(store, sid(), { ...session });
    expect(JSON.parse(JSON.stringify(await get(store, sid())))).toEqual(session);
  });

  test('knows nothing of a session nobody stored', async () => {
    expect(await get(store, sid())).toBeNull();
  });

  test('drops what is saved after the session was destroyed', async () => {
    const session = newSession();
    await set(store, sid(), session);
    const loaded = await get(store, sid());
    await destroy(store, sid());
    await set(store, sid(), session);
    await set(store, sid(), { ...loaded!, finished: { late: '/' } });
    await touch(store, sid(), loaded!);
    expect(await get(store, sid())).toBeNull();
  });

  test('keeps the newer login when an older one is saved late, and takes the rest', async () => {
    await set(store, sid(), { ...newSession(), login: login({ revision: 1 }) });
    const late = await get(store, sid());
    await set(store, sid(), {
      ...(await get(store, sid()))!,
      login: login({ revision: 2, tokens: 'fresh' }),
    });
    await set(store, sid(), { ...late!, finished: { a: '/late' } });
    expect(await get(store, sid())).toMatchObject({
      login: { revision: 2, tokens: 'fresh' },
      finished: { a: '/late' },
    });
  });

  test('ends a session that was idle, and a late save does not bring it back', async () => {
    await set(store, sid(), newSession());
    const loaded = await get(store, sid());
    now += idleMs;
    expect(await get(store, sid())).toBeNull();
    await set(store, sid(), loaded!);
    await touch(store, sid(), loaded!);
    expect(await get(store, sid())).toBeNull();
  });
});
