import { AsyncLocalStorage } from 'node:async_hooks';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import { createFileBackend } from '../../src/session-store/file-backend.ts';
import { openDatabase } from '../../src/session-store/open-database.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { SessionStore } from '../../src/session-store/session-store.ts';
import { sessionEngines } from '../support/session-engines.ts';
import { destroy, get, login, newSession, set } from '../support/sessions.ts';
import { until } from '../support/until.ts';

const minute = 60_000;
const idleMs = 60 * minute;
const maxMs = 24 * idleMs;
const engines = Object.entries(await sessionEngines());

describe.each(engines)('a session store in %s', (_engine, setting) => {
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
    const session = { ...newSession(), launchDarklyLogin: login(), finishedLogins: [{ state: 'a', returnTo: '/b' }] };
    await set(store, id, { ...session });
    expect(await get(store, id)).toMatchObject(session);
  });

  test('gives back a cookie without a lifetime, so that the browser is not sent it again', async () => {
    const { cookie } = newSession();
    await set(store, id, {
      cookie: { ...cookie, originalMaxAge: 1000, expires: new Date(now + 1000) },
    });
    expect((await get(store, id))!.cookie).toEqual({ ...cookie, originalMaxAge: null });
  });

  test('tells express-session that a login changed by its revision alone', async () => {
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ revision: 7 }) });
    const found = (await get(store, id))!;
    const compared = JSON.stringify(found);
    found.launchDarklyLogin = login({ revision: 7, tokens: 'sealed again' });
    expect(JSON.stringify(found)).toBe(compared);
    found.launchDarklyLogin = login({ revision: 8 });
    expect(JSON.stringify(found)).not.toBe(compared);
    found.launchDarklyLogin = login({ revision: 7 });
    found.finishedLogins = [{ state: 'a', returnTo: '/b' }];
    expect(JSON.stringify(found)).not.toBe(compared);
  });

  test('stores all of a login that was given back', async () => {
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ revision: 7 }) });
    const found = await get(store, id);
    await set(store, id, { ...found!, finishedLogins: [{ state: 'a', returnTo: '/b' }] });
    expect(await get(store, id)).toMatchObject({
      launchDarklyLogin: { revision: 7, user: { firstName: 'Ariel' } },
      finishedLogins: [{ state: 'a', returnTo: '/b' }],
    });
  });

  test('overwrites nothing with a save that changes nothing', async () => {
    const session = newSession();
    await set(store, id, session);
    await set(store, id, { ...(await get(store, id))!, finishedLogins: [{ state: 'a', returnTo: '/b' }] });
    await set(store, id, session);
    expect(await get(store, id)).toMatchObject({ finishedLogins: [{ state: 'a', returnTo: '/b' }] });
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
    await set(store, id, { ...loaded!, finishedLogins: [{ state: 'late', returnTo: '/' }] });
    expect(await get(store, id)).toBeNull();
  });

  test('keeps the newer login when an older one is saved late, and takes the rest', async () => {
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ revision: 1 }) });
    const late = await get(store, id);
    await set(store, id, {
      ...(await get(store, id))!,
      launchDarklyLogin: login({ revision: 2, tokens: 'fresh' }),
    });
    await set(store, id, { ...late!, finishedLogins: [{ state: 'a', returnTo: '/late' }] });
    expect(await get(store, id)).toMatchObject({
      launchDarklyLogin: { revision: 2, tokens: 'fresh' },
      finishedLogins: [{ state: 'a', returnTo: '/late' }],
    });
  });

  test('never brings back a login that was taken out of its session', async () => {
    await set(store, id, { ...newSession(), launchDarklyLogin: login() });
    const late = await get(store, id);
    const { launchDarklyLogin: _, ...rest } = (await get(store, id))!;
    await set(store, id, rest);
    expect(await get(store, id)).not.toHaveProperty('launchDarklyLogin');
    await set(store, id, { ...late!, launchDarklyLogin: login({ revision: 2 }) });
    expect(await get(store, id)).not.toHaveProperty('launchDarklyLogin');
  });

  test('takes a login into a session that had none', async () => {
    await set(store, id, newSession());
    await set(store, id, { ...(await get(store, id))!, launchDarklyLogin: login() });
    expect(await get(store, id)).toMatchObject({ launchDarklyLogin: { revision: 1 } });
  });

  test('updates what is already there when somebody saves under its id as if it were fresh', async () => {
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ revision: 2, tokens: 'newer' }) });
    await set(store, id, {
      ...newSession(),
      launchDarklyLogin: login({ revision: 1, tokens: 'older' }),
      finishedLogins: [{ state: 'a', returnTo: '/' }],
    });
    expect(await get(store, id)).toMatchObject({
      launchDarklyLogin: { tokens: 'newer' },
      finishedLogins: [{ state: 'a', returnTo: '/' }],
    });
  });

  test('lets a fresh session start where one has expired', async () => {
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ revision: 9 }) });
    now += idleMs;
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ revision: 1, startedAt: now }) });
    expect(await get(store, id)).toMatchObject({ launchDarklyLogin: { revision: 1 } });
  });

  test('ends a session that was idle, and a late save does not bring it back', async () => {
    await set(store, id, newSession());
    const loaded = await get(store, id);
    now += idleMs - 1;
    expect(await get(store, id)).not.toBeNull();
    now += idleMs;
    expect(await get(store, id)).toBeNull();
    await set(store, id, loaded!);
    expect(await get(store, id)).toBeNull();
  });

  test('keeps a session alive that is used, whatever its cookie says', async () => {
    const cookie = { ...newSession().cookie, originalMaxAge: 1000, expires: new Date(now + 1000) };
    await set(store, id, { cookie });
    for (let used = 0; used < 5; used++) {
      now += idleMs - minute;
      expect(await get(store, id)).not.toBeNull();
    }
  });

  test('ends a login at its greatest age, however busy it is', async () => {
    const startedAt = now;
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ startedAt }) });
    while (now + idleMs / 2 < startedAt + maxMs) {
      now += idleMs / 2;
      const used = (await get(store, id))!;
      await set(store, id, used);
    }
    expect(await get(store, id)).not.toBeNull();
    now = startedAt + maxMs;
    expect(await get(store, id)).toBeNull();
  });

  test('holds a stored session to a greatest age that was lowered since', async () => {
    await set(store, id, { ...newSession(), launchDarklyLogin: login({ startedAt: now }) });
    if (setting === 'memory:') return;
    const stricter = await openSessionStore(setting, { idleMs, maxMs: minute, now: () => now + minute });
    expect(await get(stricter, id)).toBeNull();
    await stricter.close();
  });

  test('writes nothing that would move the end by less than a minute', async () => {
    const opened = now;
    await set(store, id, newSession());
    now = opened + minute - 1;
    await get(store, id);
    now = opened + idleMs;
    expect(await get(store, id)).toBeNull();
  });

  test('writes what moves the end by a minute', async () => {
    const opened = now;
    await set(store, id, newSession());
    now = opened + minute;
    await get(store, id);
    now = opened + idleMs;
    expect(await get(store, id)).not.toBeNull();
  });

  test('answers ping, and nothing once it is closed', async () => {
    await expect(store.ping()).resolves.toBeUndefined();
    await store.close();
    await expect(get(store, id)).rejects.toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' });
    store = await openSessionStore(setting, { idleMs, maxMs });
  });
});

test.each(engines.filter(([engine]) => engine !== 'Redis'))(
  'in %s whatever changes a stored session is answered before the call returns',
  async (_engine, setting) => {
    const store = await openSessionStore(setting, { idleMs, maxMs });
    await set(store, 'sync', newSession());
    const found = (await get(store, 'sync'))!;
    const answers: string[] = [];
    store.set('sync', { ...found, finishedLogins: [{ state: 'a', returnTo: '/' }] }, () => answers.push('set'));
    store.destroy('sync', () => answers.push('destroy'));
    expect(answers).toEqual(['set', 'destroy']);
    await store.close();
  },
);

test.each(engines)(
  'in %s every caller is answered in its own async context, even when others ask at the same moment',
  async (_engine, setting) => {
    const store = await openSessionStore(setting, { idleMs, maxMs });
    const context = new AsyncLocalStorage<string>();
    const ids = ['first', 'second', 'third'];
    const contexts = (ask: (id: string, done: () => void) => void) =>
      Promise.all(
        ids.map((id) => context.run(id, () => new Promise((resolve) => ask(id, () => resolve(context.getStore()))))),
      );
    expect(await contexts((id, done) => store.set(id, newSession(), done))).toEqual(ids);
    expect(await contexts((id, done) => store.get(id, done))).toEqual(ids);
    await store.close();
  },
);

test.each(engines)('in %s a caller that asked before it closes is answered', async (_engine, setting) => {
  const store = await openSessionStore(setting, { idleMs, maxMs });
  await set(store, 'early', newSession());
  const [found] = await Promise.all([get(store, 'early'), set(store, 'late', newSession()), store.close()]);
  expect(found).not.toBeNull();
});

test.each(engines)('in %s sessions that begin at the same moment are all stored', async (_engine, setting) => {
  const store = await openSessionStore(setting, { idleMs, maxMs });
  const ids = [1, 2, 3].map(() => randomUUID());
  await Promise.all(
    ids.map((id) => set(store, id, { ...newSession(), finishedLogins: [{ state: 'first', returnTo: id }] })),
  );
  expect(await Promise.all(ids.map((id) => get(store, id)))).toMatchObject(
    ids.map((first) => ({ finishedLogins: [{ state: 'first', returnTo: first }] })),
  );
  await Promise.all(ids.map((id) => destroy(store, id)));
  await store.close();
});

test.each(engines)('in %s a session that is destroyed as it begins stays destroyed', async (_engine, setting) => {
  const store = await openSessionStore(setting, { idleMs, maxMs });
  await Promise.all([set(store, 'short', newSession()), destroy(store, 'short')]);
  expect(await get(store, 'short')).toBeNull();
  await store.close();
});

test('what another connection does to a session in a file counts at once, however often it was just read', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'two-connections-'));
  const setting = `file:${join(folder, 'sessions.db')}`;
  const one = await openSessionStore(setting, { idleMs, maxMs });
  const other = await openSessionStore(setting, { idleMs, maxMs });
  try {
    const readTwice = async () => {
      await get(one, 'shared');
      return get(one, 'shared');
    };
    await set(one, 'shared', { ...newSession(), launchDarklyLogin: login({ revision: 1 }) });
    expect((await readTwice())?.launchDarklyLogin?.revision).toBe(1);
    for (const revision of [2, 3]) {
      const session = (await get(other, 'shared'))!;
      await set(other, 'shared', { ...session, launchDarklyLogin: login({ revision }) });
      expect((await readTwice())?.launchDarklyLogin?.revision).toBe(revision);
    }
    await set(one, 'shared', { ...(await readTwice())!, launchDarklyLogin: login({ revision: 4 }) });
    expect((await readTwice())?.launchDarklyLogin?.revision).toBe(4);
    await destroy(other, 'shared');
    expect(await readTwice()).toBeNull();
  } finally {
    await Promise.all([one.close(), other.close()]);
    rmSync(folder, { recursive: true });
  }
});

test('in a file that another process holds, sessions that begin together are refused together, and later stored', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'session-store-'));
  const file = join(directory, 'sessions.db');
  const store = await openSessionStore(`file:${file}`, { idleMs, maxMs });
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  const begin = () => Promise.allSettled(['one', 'two'].map((id) => set(store, id, newSession())));
  const refused = await begin();
  other.exec('ROLLBACK');
  for (const { status, reason } of refused as PromiseRejectedResult[]) {
    expect({ status, code: reason?.code }).toEqual({ status: 'rejected', code: 'SESSION_STORE_UNAVAILABLE' });
    expect(reason.message).toContain('locked');
  }
  expect((await begin()).map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled']);
  expect(await get(store, 'two')).not.toBeNull();
  other.close();
  await store.close();
  rmSync(directory, { recursive: true });
});

test('a member is still known while another process keeps the store from being written, which is reported', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'session-store-'));
  const file = join(directory, 'sessions.db');
  let now = Date.now();
  const reported: unknown[] = [];
  const report = (event: unknown) => reported.push(event);
  const store = await openSessionStore(`file:${file}`, { idleMs, maxMs, now: () => now, report });
  await set(store, 'one', { ...newSession(), launchDarklyLogin: login() });
  const other = new Database(file);
  other.exec('BEGIN IMMEDIATE');
  now += 2 * minute;
  expect(await get(store, 'one')).toMatchObject({ launchDarklyLogin: { revision: 1 } });
  await until(() => reported.length > 0);
  expect(reported).toMatchObject([{ event: 'session_not_extended', error: { code: 'SESSION_STORE_UNAVAILABLE' } }]);
  other.exec('ROLLBACK');
  expect(await get(store, 'one')).not.toBeNull();
  now += idleMs - 1;
  expect(await get(store, 'one')).not.toBeNull();
  expect(reported).toHaveLength(1);
  other.close();
  await store.close();
  rmSync(directory, { recursive: true });
});

/** A store in a file of its own, whose database can be given a limit: the next page does not fit. */
async function withFullDatabase(
  use: (store: SessionStore, full: (yes: boolean) => void, file: string) => Promise<void>,
) {
  const directory = mkdtempSync(join(tmpdir(), 'session-store-'));
  const file = join(directory, 'sessions.db');
  const opened = await openDatabase(file);
  const store = new SessionStore(createFileBackend(opened, file, Date.now), { idleMs, maxMs });
  const { database } = opened;
  const full = (yes: boolean) => database.exec(`PRAGMA max_page_count = ${yes ? 1 : 1_000_000}`); // 1: as it is now
  try {
    await use(store, full, file);
  } finally {
    await store.close();
    rmSync(directory, { recursive: true });
  }
}

const big = { finishedLogins: [{ state: 'big', returnTo: '/'.repeat(20_000) }] };

test('what could not be stored is stored by the next save of the same session', async () => {
  await withFullDatabase(async (store, full) => {
    await set(store, 'one', newSession());
    const found = (await get(store, 'one'))!;
    full(true);
    const changed = Object.assign(found, big);
    await expect(set(store, 'one', changed)).rejects.toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' });
    full(false);
    await set(store, 'one', changed);
    expect(await get(store, 'one')).toMatchObject(big);

    const fresh = { ...newSession(), ...big };
    full(true);
    await expect(set(store, 'fresh', fresh)).rejects.toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' });
    full(false);
    await set(store, 'fresh', fresh);
    expect(await get(store, 'fresh')).toMatchObject(big);
  });
});

test('a session that does not fit is refused, and neither one that begins with it nor the next is lost', async () => {
  await withFullDatabase(async (store, full, file) => {
    full(true);
    const begun = await Promise.allSettled([
      set(store, 'small', newSession()),
      set(store, 'big', { ...newSession(), ...big }),
    ]);
    expect(begun.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    full(false);
    await set(store, 'next', newSession());
    const other = await openSessionStore(`file:${file}`, { idleMs, maxMs });
    const stored = await Promise.all(['small', 'big', 'next'].map((id) => get(other, id)));
    expect(stored).toEqual([expect.anything(), null, expect.anything()]);
    await other.close();
  });
});

test('in a file a session that the database refuses does not affect others, and leaves no transaction open', async () => {
  await withFullDatabase(async (_store, _full, file) => {
    const now = Date.now();
    const backend = createFileBackend(await openDatabase(file), file, () => now);
    const record = { data: '{}', login: null, revision: 0, expiresAt: now + 1000 };
    const insert = (id: string, expiresAt = record.expiresAt) =>
      new Promise((resolve) => backend.insert(id, { ...record, expiresAt }, now, resolve));
    expect(await Promise.all([insert('good'), insert('bad', now + 0.5)])).toEqual([
      null,
      expect.objectContaining({ code: 'SESSION_STORE_UNAVAILABLE' }),
    ]);
    expect(await Promise.all([insert('later'), insert('too')])).toEqual([null, null]);
    const other = new Database(file);
    expect(other.prepare('SELECT id FROM sessions ORDER BY id').raw().all()).toEqual([['good'], ['later'], ['too']]);
    other.close();
    await backend.close();
  });
});

test('a full database is not ready, and ready again when there is room', async () => {
  await withFullDatabase(async (store, full) => {
    full(true);
    await expect(store.ping()).rejects.toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' });
    full(false);
    await store.ping();
  });
});

test('however many ask at once whether the store is ready, it is tried once', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'session-store-'));
  const opened = await openDatabase(join(directory, 'sessions.db'));
  const backend = createFileBackend(opened, 'sessions.db', Date.now);
  let tried = 0;
  const counted = { ...backend, ping: () => backend.ping().finally(() => void tried++) };
  const store = new SessionStore(counted, { idleMs, maxMs });
  await Promise.all(Array.from({ length: 50 }, () => store.ping()));
  await store.ping();
  expect(tried).toBe(1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await store.ping();
  expect(tried).toBe(2);
  await store.close();
  rmSync(directory, { recursive: true });
});

test.each([
  ['', 'SESSION_STORE_SETTING'],
  ['sessions.db', 'SESSION_STORE_SETTING'],
  ['file:', 'SESSION_STORE_SETTING'],
  ['http://localhost:6379', 'SESSION_STORE_SETTING'],
  ['redis://', 'SESSION_STORE_SETTING'],
  ['redis://:s3cret@localhost:notaport', 'SESSION_STORE_SETTING'],
  ['redis://:s3cret@localhost/sessions', 'SESSION_STORE_SETTING'],
])('refuses the setting "%s" without repeating it', async (setting, code) => {
  const refusal = await openSessionStore(setting, { idleMs, maxMs }).catch((error) => error);
  expect(refusal).toMatchObject({ name: 'SessionStoreError', code });
  expect(refusal.message).toMatch(/redis:\/\//);
  expect(refusal.message).not.toContain('s3cret');
});
