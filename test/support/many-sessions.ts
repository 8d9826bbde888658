import { randomBytes, randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { SessionData } from 'express-session';
import { createTokenSealer } from '../../src/auth/sealer.ts';
import { createFileBackend } from '../../src/session-store/file-backend.ts';
import { openDatabase } from '../../src/session-store/open-database.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { SessionStore } from '../../src/session-store/session-store.ts';
import { startSweep } from '../../src/session-store/sweep.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { get, login, newSession, set } from '../support/sessions.ts';

const lifetimes = { idleMs: 8 * 3_600_000, maxMs: 7 * 86_400_000 };

/** In milliseconds. */
export interface Times {
  readonly p50: number;
  readonly p99: number;
}

export interface StoreFigures {
  readonly read: Times;
  readonly write: Times;
  readonly bytesPerSession: number;
}

/** As a login leaves it: a member with two teams, sealed tokens of usual length, one completed login. */
export function typicalSession(): SessionData {
  const tokens = { accessToken: 'a'.repeat(90), refreshToken: 'r'.repeat(90), expiresAt: Date.now() + 3_600_000 };
  const sealed = createTokenSealer(['s'.repeat(43)]).seal(JSON.stringify(tokens), 'login-1');
  const launchDarklyLogin = login({ id: randomUUID(), clientId: 'c'.repeat(24), tokens: sealed });
  return { ...newSession(), launchDarklyLogin, finishedLogins: [{ state: 's'.repeat(16), returnTo: '/' }] };
}

/** Copies the one session in the file under `count` new ids. They expire between `from` and `to`. */
export async function fillFile(file: string, count: number, from: number, to: number): Promise<void> {
  const store = await openSessionStore(`file:${file}`, lifetimes);
  await set(store, 'pattern', typicalSession());
  await store.close();
  const { database, close } = await openDatabase(file);
  for (let done = 0; done < count; done += 50_000) {
    database.exec(`
      WITH RECURSIVE number(n) AS (SELECT ${done} UNION ALL SELECT n + 1 FROM number WHERE n < ${Math.min(done + 50_000, count) - 1})
      INSERT INTO sessions SELECT lower(hex(randomblob(16))), data, login, revision, ${from} + abs(random()) % ${Math.max(1, to - from)}
      FROM number, (SELECT * FROM sessions WHERE id = 'pattern')`);
    await sleep(0);
  }
  await close();
}

/** Fills the file, then reads and writes at random places in it. */
export async function fileFigures(file: string, count: number, samples: number): Promise<StoreFigures> {
  const later = Date.now() + lifetimes.idleMs;
  await fillFile(file, count, later - 3_600_000, later);
  const { database, close } = await openDatabase(file);
  const next = database.prepare('SELECT id FROM sessions WHERE id > ? LIMIT 1').raw();
  const random = () => (next.get(randomBytes(16).toString('hex')) as string[] | undefined)?.[0] ?? 'pattern';
  const ids = Array.from({ length: samples }, random);
  await close();
  const bytesPerSession = (await stat(file)).size / count;
  const store = await openSessionStore(`file:${file}`, lifetimes);
  const figures = await readAndWrite(store, ids);
  await store.close();
  return { ...figures, bytesPerSession };
}

/** The same in a Redis that holds nothing else. */
export async function redisFigures(
  { url, command }: RedisServer,
  count: number,
  samples: number,
): Promise<StoreFigures> {
  const store = await openSessionStore(url, lifetimes);
  await set(store, 'pattern', typicalSession());
  const before = await usedMemory();
  const batch = 1000;
  for (let done = 0; done < count; done += batch)
    await command('EVAL', copyPattern, '0', `${done}`, `${done + batch - 1}`);
  const bytesPerSession = ((await usedMemory()) - before) / count;
  const ids = Array.from({ length: samples }, () => `copy-${Math.floor(Math.random() * count)}`);
  const figures = await readAndWrite(store, ids);
  await store.close();
  return { ...figures, bytesPerSession };

  async function usedMemory(): Promise<number> {
    return Number(/used_memory:(\d+)/.exec(String(await command('INFO', 'memory')))?.[1]);
  }
}

/** Ids are as long as those of the app. */
const copyPattern = `
  local fields = redis.call('HGETALL', 'login:session:pattern')
  local ends = redis.call('PEXPIRETIME', 'login:session:pattern')
  for number = ARGV[1], ARGV[2] do
    local key = string.format('login:session:copy-%d', number)
    redis.call('HSET', key, unpack(fields))
    redis.call('PEXPIREAT', key, ends)
  end`;

async function readAndWrite(store: SessionStore, ids: readonly string[]) {
  const read: number[] = [];
  const write: number[] = [];
  for (const id of ids) read.push(await timeOf(() => get(store, id)));
  for (const id of ids) write.push(await timeOf(() => set(store, `new-${id}`, typicalSession())));
  return { read: timesOf(read), write: timesOf(write) };
}

async function timeOf(work: () => Promise<unknown>): Promise<number> {
  const before = performance.now();
  await work();
  return performance.now() - before;
}

function timesOf(values: number[]): Times {
  values.sort((a, b) => a - b);
  const at = (share: number) => values[Math.floor((values.length - 1) * share)] ?? Number.NaN;
  return { p50: at(0.5), p99: at(0.99) };
}

/** The longest times that the event loop was held up, and what a write took meanwhile, in milliseconds. */
export interface Pauses {
  readonly p99: number;
  readonly max: number;
  readonly write: Times;
}

/**
 * Writes sessions for `forMs`, and then for as long again while expired sessions are swept: what else the machine does holds
 * up both.
 * @returns how many were swept, and the pauses with and without that.
 */
export async function sweepFigures(file: string, forMs: number) {
  const opened = await openDatabase(file);
  const store = new SessionStore(createFileBackend(opened, file, Date.now), lifetimes);
  const expired = opened.database.prepare('SELECT count(*) FROM sessions WHERE expires_at <= ?').raw();
  const left = () => Number((expired.get(Date.now()) as number[])[0]);
  const before = left();
  const without = await pausesOf(store, forMs);
  const stop = startSweep(opened, Date.now, 0);
  await sleep(500); // until the second connection is open
  const during = await pausesOf(store, forMs);
  await stop();
  const swept = before - left();
  await store.close();
  return { swept, during, without };
}

async function pausesOf(store: SessionStore, forMs: number): Promise<Pauses> {
  const delay = monitorEventLoopDelay({ resolution: 1 });
  const write: number[] = [];
  const startedAt = performance.now();
  delay.enable();
  while (performance.now() - startedAt < forMs) {
    write.push(await timeOf(() => set(store, randomUUID(), typicalSession())));
    await sleep(5);
  }
  delay.disable();
  return { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6, write: timesOf(write) };
}

/** Milliseconds to open a file, read a session, and close it: the fastest of several times. */
export async function openingMs(file: string, times = 9): Promise<number> {
  const took: number[] = [];
  for (let turn = 0; turn < times; turn++) {
    took.push(
      await timeOf(async () => {
        const store = await openSessionStore(`file:${file}`, lifetimes);
        await get(store, 'pattern');
        await store.close();
      }),
    );
  }
  return Math.min(...took);
}
