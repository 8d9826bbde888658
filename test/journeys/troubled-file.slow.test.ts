import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import Database from 'libsql';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Instance } from '../support/instances.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import { until } from '../support/until.ts';
import { describeWith } from '../support/when-installed.ts';

/* The app in a process of its own, with its sessions in a file that others lock, move or leave no room for. */

const email = 'ariel.reader@acme.example';
let sandbox: Sandbox;
let folder: string;
let file: string;
let app: Instance;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troubled-file-'));
  file = path.join(folder, 'sessions.db');
  app = await startInstance(await instanceSettings(sandbox, { SESSION_STORE: `file:${file}`, SESSION_IDLE: '20s' }));
});
afterEach(async () => {
  await app.close();
  await rm(folder, { recursive: true });
});
afterAll(() => sandbox.close());

const readiness = async () => (await app.request('/readyz')).status;
const logOut = (cookie: string) => app.request('/auth/logout', { method: 'POST', cookie });

/** How long something took, in milliseconds. */
async function timed<T>(work: Promise<T>): Promise<[T, number]> {
  const started = performance.now();
  const result = await work;
  return [result, performance.now() - started];
}

describe('while another program has the database locked', () => {
  let other: Database.Database;

  beforeEach(() => {
    other = new Database(file);
  });
  afterEach(() => void other.close());

  test('members are known, others are served, and what has to be written is refused within seconds', async () => {
    const cookies: string[] = [];
    for (let member = 0; member < 30; member++) cookies.push(await logInAt(app));
    const [leaving = '', ...staying] = cookies;
    await Promise.all(cookies.map((cookie) => whoIs(app, cookie))); // opens the connections
    await sleep(1100); // from here on each request would extend its session
    other.exec('BEGIN IMMEDIATE');

    const requests = Promise.all(cookies.map((cookie) => timed(whoIs(app, cookie))));
    const health: number[] = [];
    for (let asked = 0; asked < 20; asked++) {
      const [{ status }, took] = await timed(app.request('/healthz'));
      expect(status).toBe(200);
      health.push(took);
      await sleep(50);
    }
    expect(Math.max(...health)).toBeLessThan(300);
    const answers = await requests;
    expect(answers.map(([who]) => who)).toEqual(cookies.map(() => email));
    expect(Math.max(...answers.map(([, took]) => took))).toBeLessThan(1000);

    const [refused, took] = await timed(logOut(leaving));
    expect(refused.status).toBe(503);
    expect(refused.headers['retry-after']).toBe('5');
    expect(took).toBeLessThan(1500);
    expect(await readiness()).toBe(503);
    await expect(logInAt(app)).rejects.toThrow('The login failed with 503');

    other.exec('ROLLBACK');
    expect((await logOut(leaving)).status).toBe(303);
    expect(await readiness()).toBe(200);
    expect(await whoIs(app, leaving)).toBe(401);
    for (const cookie of staying) expect(await whoIs(app, cookie)).toBe(email);
  }, 60_000);

  test('for a moment only, everybody is served, in the order in which they came', async () => {
    const cookies = [await logInAt(app), await logInAt(app)] as const;
    other.exec('BEGIN IMMEDIATE');
    const answers = Promise.all([logOut(cookies[0]), logOut(cookies[1]), logInAt(app)]);
    await sleep(300);
    other.exec('ROLLBACK');
    const [first, second, login] = await answers;
    expect([first.status, second.status, await whoIs(app, login)]).toEqual([303, 303, email]);
  });

  test('the log says once why the app is not ready, and when it is again', async () => {
    other.exec('BEGIN IMMEDIATE');
    expect([await readiness(), await readiness()]).toEqual([503, 503]);
    other.exec('ROLLBACK');
    expect([await readiness(), await readiness()]).toEqual([200, 200]);
    await until(() => app.count('ready_again') > 0);
    expect([app.count('not_ready'), app.count('ready_again')]).toEqual([1, 1]);
    await app.server.prints(/"not_ready".*database is locked/);
  });
});

describe('readiness sees a database file', () => {
  test('that was moved away, and that it is back', async () => {
    const cookie = await logInAt(app);
    expect(await readiness()).toBe(200);
    const away = path.join(folder, 'away');
    await rename(file, away);
    await until(async () => (await readiness()) === 503);
    await app.server.prints(/"not_ready".*was deleted, moved or replaced/);
    await rename(away, file);
    expect(await readiness()).toBe(200);
    expect(await whoIs(app, cookie)).toBe(email);
  });

  test('that was deleted', async () => {
    for (const name of await readdir(folder)) await rm(path.join(folder, name));
    await until(async () => (await readiness()) === 503);
  });

  test('whose write-ahead log was deleted', async () => {
    await rm(`${file}-wal`);
    await until(async () => (await readiness()) === 503);
  });

  test('that was replaced by another', async () => {
    await writeFile(path.join(folder, 'other'), '');
    await rename(path.join(folder, 'other'), file);
    await until(async () => (await readiness()) === 503);
  });
});

describeWith('prlimit', 'util-linux', 'readiness sees a disk', (prlimit) => {
  const limitFiles = (limit: string) =>
    promisify(execFile)(prlimit, [`--pid=${app.server.child.pid}`, `--fsize=${limit}:unlimited`]);

  test('that takes no more, and that it does again; members stay in', async () => {
    const cookie = await logInAt(app);
    expect(await readiness()).toBe(200);
    await limitFiles('4096');
    await until(async () => (await readiness()) === 503);
    await expect(logInAt(app)).rejects.toThrow('The login failed with 503');
    expect(await whoIs(app, cookie)).toBe(email);
    await limitFiles('unlimited');
    expect(await readiness()).toBe(200);
    expect(await whoIs(app, await logInAt(app))).toBe(email);
  });
});
