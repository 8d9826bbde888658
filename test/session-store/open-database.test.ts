import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Database from 'libsql';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { posixTest } from '../support/posix.ts';
import { get, newSession, set } from '../support/sessions.ts';

const nobody = 65_534;
const lifetimes = { idleMs: 3_600_000, maxMs: 86_400_000 };
let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'session-file-'));
  file = join(folder, 'data', 'sessions.db');
  mkdirSync(join(folder, 'data'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const open = (path = file) => openSessionStore(`file:${path}`, lifetimes);
const permissions = (path: string) => (statSync(path).mode & 0o777).toString(8);

/** Opening fails with an error that names the file, and leaves it as it was. */
async function expectRefusal(message: RegExp): Promise<void> {
  const before = readFileSync(file);
  const refusal = await open().catch((error) => error);
  expect(refusal).toMatchObject({ name: 'SessionStoreError', code: 'SESSION_STORE_FILE' });
  expect(refusal.message).toContain(file);
  expect(refusal.message).toMatch(message);
  expect(readFileSync(file).equals(before)).toBe(true);
}

test('sessions are there again when the file is opened the next time', async () => {
  const first = await open();
  await set(first, 'kept', newSession());
  await first.close();
  const second = await open();
  expect(await get(second, 'kept')).not.toBeNull();
  await second.close();
});

test('a file of somebody else, on a volume that refuses chmod, is used, and said to be readable by others', async () => {
  if (process.getuid?.() !== 0)
    return console.log('Not run: only root can leave a file that refuses chmod to another user.');
  await (await open()).close();
  const reported: { event: string; message: string }[] = [];
  for (const [mode, expected] of [
    [0o666, [expect.stringContaining(`${file} can be read by other users (0666)`)]],
    [0o600, []],
  ] as const) {
    reported.length = 0;
    chmodSync(folder, 0o777);
    chmodSync(join(folder, 'data'), 0o777);
    for (const name of readdirSync(join(folder, 'data'))) {
      chmodSync(join(folder, 'data', name), mode);
      if (mode === 0o600) chownSync(join(folder, 'data', name), nobody, nobody);
    }
    process.seteuid?.(nobody);
    try {
      const store = await openSessionStore(`file:${file}`, {
        ...lifetimes,
        report: ({ event, ...line }) => reported.push({ event, message: 'error' in line ? line.error.message : '' }),
      });
      await set(store, 'kept', newSession());
      expect(await get(store, 'kept')).not.toBeNull();
      await store.close();
    } finally {
      process.seteuid?.(0);
    }
    expect(reported.map(({ message }) => message)).toEqual(expected);
  }
});

posixTest('folders and files that are made can be read by this user alone', async () => {
  const made = join(folder, 'new', 'deeper', 'sessions.db');
  const store = await open(made);
  await set(store, 'private', newSession());
  expect(permissions(join(folder, 'new'))).toBe('700');
  expect(permissions(join(folder, 'new', 'deeper'))).toBe('700');
  for (const name of [made, `${made}-wal`, `${made}-shm`]) expect(permissions(name)).toBe('600');
  await store.close();
});

posixTest('a file that others could read is made private', async () => {
  await (await open()).close();
  chmodSync(file, 0o644);
  await (await open()).close();
  expect(permissions(file)).toBe('600');
});

test('a file that is no database is refused and left alone', async () => {
  writeFileSync(file, 'This is a diary, not a database.\n'.repeat(200));
  await expectRefusal(/not a database.*move it away/);
});

test('a file that was refused is not kept open, so that it can be moved away', async () => {
  if (process.platform !== 'linux') return console.log('Not run: only Linux lists the open files of a process.');
  writeFileSync(file, 'This is a diary, not a database.\n'.repeat(200));
  await expectRefusal(/not a database/);
  const links = readdirSync('/proc/self/fd').map((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`);
    } catch {
      return ''; // that of this very listing
    }
  });
  expect(links.filter((link) => link.startsWith(folder))).toEqual([]);
});

test('a database with a damaged page is refused and left alone', async () => {
  const store = await open();
  for (let id = 0; id < 200; id++) await set(store, `session-${id}`, newSession());
  await store.close();
  const bytes = readFileSync(file);
  bytes.fill(0xab, 3 * 4096, 5 * 4096);
  writeFileSync(file, bytes);
  await expectRefusal(/damaged.*move it away/);
});

test('a database that was cut short is refused and left alone', async () => {
  const store = await open();
  for (let id = 0; id < 200; id++) await set(store, `session-${id}`, newSession());
  await store.close();
  truncateSync(file, 3 * 4096);
  await expectRefusal(/move it away/);
});

test('a database of a newer version is refused and left alone', async () => {
  await (await open()).close();
  const newer = new Database(file);
  newer.exec('PRAGMA user_version = 2');
  newer.close();
  await expectRefusal(/newer version/);
});

test('a database of another program is refused and left alone', async () => {
  const other = new Database(file);
  other.exec('CREATE TABLE photos (name TEXT)');
  other.close();
  await expectRefusal(/another program/);
});

test('a path that cannot be a file is refused', async () => {
  await expect(open(join(folder, 'data'))).rejects.toMatchObject({ code: 'SESSION_STORE_FILE' });
  await expect(open('/dev/null/sessions.db')).rejects.toMatchObject({ code: 'SESSION_STORE_FILE' });
});

test('a file that another process writes to for long makes requests fail within a second, and then works again', async () => {
  const store = await open();
  const blocker = new Database(file);
  blocker.exec('BEGIN IMMEDIATE');
  const started = Date.now();
  await expect(set(store, 'waiting', newSession())).rejects.toMatchObject({
    code: 'SESSION_STORE_UNAVAILABLE',
  });
  expect(Date.now() - started).toBeLessThan(1000);
  blocker.exec('ROLLBACK');
  blocker.close();
  await set(store, 'waiting', newSession());
  expect(await get(store, 'waiting')).not.toBeNull();
  await store.close();
});
