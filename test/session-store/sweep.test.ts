import { expect, test } from '@jest/globals';
import { createFileBackend } from '../../src/session-store/file-backend.ts';
import { openDatabase } from '../../src/session-store/open-database.ts';
import { SessionStore } from '../../src/session-store/session-store.ts';
import { startSweep } from '../../src/session-store/sweep.ts';
import { newSession, set } from '../support/sessions.ts';
import { until } from '../support/until.ts';

test('the sweep removes sessions that have expired, all of them, and no other', async () => {
  let now = Date.now();
  const opened = await openDatabase(':memory:');
  const backend = createFileBackend(opened, 'memory:', () => now);
  const store = new SessionStore(backend, { idleMs: 1000, maxMs: 10_000, now: () => now });
  for (let id = 0; id < 170; id++) await set(store, `old-${id}`, newSession());
  now += 1000;
  for (let id = 0; id < 5; id++) await set(store, `new-${id}`, newSession());

  const stop = startSweep(opened, () => now, 0);
  const count = opened.database.prepare('SELECT count(*) FROM sessions').raw();
  await until(() => Number((count.get() as number[])[0]) <= 5);
  await stop();
  expect(opened.database.prepare("SELECT count(*) FROM sessions WHERE id LIKE 'new-%'").raw().get()).toEqual([5]);
  await store.close();
});
