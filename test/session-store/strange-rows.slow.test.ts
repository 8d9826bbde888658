import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import Database from 'libsql';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import type { Program } from '../support/program.ts';
import { runWithStore } from '../support/session-process.ts';
import { login, newSession, set } from '../support/sessions.ts';

/* libsql ends its process over a text that is not UTF-8, so what reads such a text here is a process of its own. */

const lifetimes = { idleMs: 3_600_000, maxMs: 86_400_000 };
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'strange-rows-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Changes a row without the store, then lets a process use the store. */
async function useAfter(name: string, sql: string, body: string): Promise<Program> {
  const file = join(folder, `${name}.db`);
  const store = await openSessionStore(`file:${file}`, lifetimes);
  await set(store, 'one', { ...newSession(), launchDarklyLogin: login() });
  await store.close();
  const database = new Database(file);
  database.exec(sql);
  database.close();
  return runWithStore(`file:${file}`, `${body}; await store.close(); process.exit();`);
}

test.each([
  ['data', `UPDATE sessions SET data = CAST(x'ff' AS TEXT)`],
  ['a part of data', `UPDATE sessions SET data = CAST(CAST(data AS BLOB) || x'c328' AS TEXT)`],
  ['login', `UPDATE sessions SET login = CAST(x'80' AS TEXT)`],
  ['half a character at the end', `UPDATE sessions SET login = CAST(CAST(login AS BLOB) || x'e2' AS TEXT)`],
])('a session whose bytes are not UTF-8 (%s) is none, and its process lives', async (name, sql) => {
  const program = await useAfter(
    name,
    sql,
    `console.log('found', await get(store, 'one'));
     await set(store, 'one', { ...newSession(), launchDarklyLogin: login() });
     await store.ping();
     console.log('then', (await get(store, 'one')).launchDarklyLogin.revision);
     await destroy(store, 'one');
     console.log('gone', await get(store, 'one'))`,
  );
  expect(await program.ended).toBe(0);
  expect(program.stdout).toBe('found null\nthen 1\ngone null\n');
});

test('ids, keys and owners that are not UTF-8 hinder neither others nor the sweep', async () => {
  const strange = `CAST(x'ff' AS TEXT)`;
  const program = await useAfter(
    'ids',
    `INSERT INTO sessions VALUES (${strange}, ${strange}, ${strange}, 1, 1);
     INSERT INTO locks VALUES (${strange}, ${strange}, 1), ('held', ${strange}, 1);`,
    `console.log(await store.withLock('held', async () => 'locked'), (await get(store, 'one')).launchDarklyLogin.revision)`,
  );
  expect(await program.ended).toBe(0);
  expect(program.stdout).toBe('locked 1\n');
});

test('a database that was damaged at random is refused, or used without an end of the process', async () => {
  const sound = join(folder, 'sound.db');
  const store = await openSessionStore(`file:${sound}`, lifetimes);
  const ids = Array.from({ length: 150 }, (_, index) => `session-${index}`);
  for (const id of ids) await set(store, id, { ...newSession(), launchDarklyLogin: login() });
  await store.close();
  const bytes = readFileSync(sound);
  const random = seeded(20_261_125);
  const damaged = Array.from({ length: 40 }, (_, index) => {
    const file = join(folder, `damaged-${index}.db`);
    const copy = Buffer.from(bytes);
    for (let times = 0; times < 1 + index; times++) copy[100 + random(copy.length - 100)] = random(256);
    writeFileSync(file, copy);
    return file;
  });
  const program = runWithStore(
    'memory:',
    `const counts = { refused: 0, found: 0, none: 0, failed: 0 };
     for (const file of ${JSON.stringify(damaged)}) {
       console.log(file);
       const damaged = await openSessionStore('file:' + file, lifetimes).catch(() => void counts.refused++);
       if (!damaged) continue;
       for (const id of ${JSON.stringify(ids)})
         await get(damaged, id).then((found) => void counts[found ? 'found' : 'none']++, () => void counts.failed++);
       await set(damaged, 'new', newSession()).catch(() => {});
       await destroy(damaged, 'session-3').catch(() => {});
       await damaged.ping().catch(() => {});
       await damaged.close().catch(() => {});
     }
     console.log(JSON.stringify(counts));
     process.exit();`,
  );
  expect([await program.ended, program.stderr]).toEqual([0, '']);
  const counts = JSON.parse(program.stdout.trim().split('\n').at(-1) ?? '');
  expect(counts.found).toBeGreaterThan(100);
  expect(counts.none + counts.refused).toBeGreaterThan(0);
}, 60_000);

/** Numbers below `limit`, the same in every run (xorshift). */
function seeded(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % limit;
  };
}
