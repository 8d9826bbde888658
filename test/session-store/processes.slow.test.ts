import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { sharedEngines } from '../support/session-engines.ts';
import { runWithStore } from '../support/session-process.ts';
import { destroy, get, login, newSession, set } from '../support/sessions.ts';

const lifetimes = { idleMs: 3_600_000, maxMs: 86_400_000 };
const folder = mkdtempSync(join(tmpdir(), 'processes-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe.each(Object.entries(await sharedEngines()))('processes that share %s', (_engine, setting) => {
  test("see each other's sessions, and one that was destroyed stays so for both", async () => {
    const store = await openSessionStore(setting, lifetimes);
    await set(store, 'shared', { ...newSession(), launchDarklyLogin: login() });
    const other = runWithStore(
      setting,
      `const loaded = await get(store, 'shared');
       console.log('loaded', loaded.launchDarklyLogin.revision);
       process.stdin.once('data', async () => {
         await set(store, 'shared', { ...loaded, finishedLogins: [{ state: 'late', returnTo: '/' }] });
         console.log('after', await get(store, 'shared'));
         await store.close();
         process.exit();
       });`,
    );
    await other.prints(/loaded 1/);
    await destroy(store, 'shared');
    other.child.stdin?.write('go\n');
    await other.prints(/after null/);
    expect(await get(store, 'shared')).toBeNull();
    await store.close();
  });

  test('lose no update made under the lock', async () => {
    const count = `
      for (let turn = 0; turn < 40; turn++)
        await store.withLock('counter', async () => {
          const session = (await get(store, 'counter')) ?? newSession();
          await new Promise(setImmediate);
          await set(store, 'counter', { ...session, finishedLogins: [{ state: 'count', returnTo: String(Number(session.finishedLogins?.[0]?.returnTo ?? 0) + 1) }] });
        });
      await store.close();
      process.exit();`;
    await Promise.all([runWithStore(setting, count).ended, runWithStore(setting, count).ended]);
    const store = await openSessionStore(setting, lifetimes);
    expect(await get(store, 'counter')).toMatchObject({
      finishedLogins: [{ state: 'count', returnTo: '80' }],
    });
    await store.close();
  });

  test('get the lock of one that was killed, once its lease is over', async () => {
    const holder = runWithStore(
      setting,
      `store.withLock('orphan', () => { console.log('held'); return new Promise(() => setInterval(() => {}, 1000)); });`,
      { leaseMs: 700 },
    );
    await holder.prints(/held/);
    holder.child.kill('SIGKILL');
    await holder.ended;
    const store = await openSessionStore(setting, lifetimes);
    await expect(store.withLock('orphan', async () => 'free')).resolves.toBe('free');
    await store.close();
  });
});

test('one who throws at the answer does not keep it from others who asked at the same moment', async () => {
  const { ended, prints } = runWithStore(
    `file:${join(folder, 'thrown.db')}`,
    `process.on('uncaughtException', ({ message }) => console.log('uncaught', message));
     await set(store, 'one', newSession());
     store.get('one', () => { throw new Error('of the first'); });
     store.get('one', async (_error, found) => {
       console.log('second', found !== null);
       await store.close();
     });`,
  );
  await prints(/uncaught of the first/);
  await prints(/second true/);
  await ended;
});

test('processes that make the same file at the same moment all get to use it', async () => {
  const setting = `file:${join(folder, 'together.db')}`;
  const use = `await set(store, String(process.pid), newSession()); await store.close(); process.exit(); `;
  const codes = await Promise.all(Array.from({ length: 4 }, () => runWithStore(setting, use).ended));
  expect(codes).toEqual([0, 0, 0, 0]);
});

test('a process killed while it writes, five times over, loses nothing it had confirmed', async () => {
  const file = join(folder, 'killed.db');
  const write = `
    for (let turn = 0; ; turn++) {
      const id = process.pid + '-' + turn;
      const session = { ...newSession(), launchDarklyLogin: login() };
      await set(store, id, session);
      if (turn % 3 === 0) await set(store, id, { ...session, launchDarklyLogin: login({ revision: 2 }) });
      process.stdout.write(id + (turn % 3 === 0 ? ' 2' : ' 1') + '\\n');
      if (turn % 20 === 0) await new Promise(setImmediate);
    }`;
  for (let round = 0; round < 5; round++) {
    const writer = runWithStore(`file:${file}`, write);
    await writer.prints(new RegExp(`-${100 + round * 77} `));
    writer.child.kill('SIGKILL');
    await writer.ended;

    const confirmed = [...writer.stdout.matchAll(/^(\d+-\d+) (\d)\n/gm)];
    expect(confirmed.length).toBeGreaterThan(100);
    const store = await openSessionStore(`file:${file}`, lifetimes);
    for (const [, id = '', revision] of confirmed)
      expect((await get(store, id))?.launchDarklyLogin?.revision).toBe(Number(revision));
    await store.close();
    const database = new Database(file);
    expect(database.prepare('PRAGMA integrity_check').raw().get()).toEqual(['ok']);
    database.close();
  }
});
