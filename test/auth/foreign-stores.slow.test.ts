import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createClient } from '@redis/client';
import session from 'express-session';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import type { Browser } from '../support/browser.ts';
import { read } from '../support/documents.ts';
import { installIntegrations } from '../support/integrations.ts';
import { type LiftedApp, logInto, startLiftedApp } from '../support/lifted-app.ts';
import { redisServer } from '../support/redis-server.ts';

/* The races of a session that is changed twice at once, with the stores that people use. The guide has the table. */

/** Seconds an access token lives; it is replaced a tenth before that. */
const lifetime = 3;
type WithLock = <T>(key: string, task: () => Promise<T>) => Promise<T>;
interface Opened {
  readonly store: session.Store;
  readonly withLock?: WithLock;
  /** The store of another process, which keeps the same sessions. */
  readonly another?: session.Store;
  close(): Promise<unknown>;
}

let require: NodeJS.Require;
let sandbox: Sandbox;

beforeAll(async () => {
  require = await installIntegrations();
  sandbox = await startSandbox({
    port: 0,
    switches: { httpLocalhostRedirectUris: true, accessTokenLifetime: lifetime, refreshTokenReuse: 'refuse' },
  });
}, 300_000);
afterAll(() => sandbox.close());

const postgres = { host: '127.0.0.1', port: 5432, user: 'postgres', database: 'test', connectionTimeoutMillis: 2_000 };

const stores: Record<string, () => Promise<Opened | undefined>> = {
  memory: async () => ({ store: new session.MemoryStore(), close: async () => {} }),
  'connect-redis': async () => {
    const server = await redisServer();
    if (!server) return undefined;
    const client = await createClient({ url: server.url }).connect();
    const { RedisStore } = require('connect-redis');
    return { store: new RedisStore({ client }), close: () => client.close().then(() => server.stop()) };
  },
  'connect-pg-simple': async () => {
    const { Pool } = require('pg');
    const pool = new Pool(postgres);
    const schema = `sessions_${process.pid}`;
    if (!(await pool.query(`create schema if not exists ${schema}`).catch(() => false))) return void (await pool.end());
    const PgStore = require('connect-pg-simple')(session);
    const options = { pool, schemaName: schema, createTableIfMissing: true, pruneSessionInterval: false };
    const [store, another] = [new PgStore(options), new PgStore(options)];
    // As in docs/lift.md. With the store's own pool, waiting for a lock would take the connections that the store needs.
    const locks = new Pool(postgres);
    const withLock: WithLock = async (key, task) => {
      const connection = await locks.connect();
      try {
        await connection.query('select pg_advisory_lock(hashtextextended($1, 0))', [key]);
        return await task();
      } finally {
        await connection.query('select pg_advisory_unlock(hashtextextended($1, 0))', [key]);
        connection.release();
      }
    };
    const close = () => pool.query(`drop schema ${schema} cascade`).then(() => Promise.all([pool.end(), locks.end()]));
    return { store, another, withLock, close };
  },
  'src/session-store': async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'stores-'));
    const open = () => openSessionStore(`file:${path.join(folder, 'sessions.db')}`, { idleMs: 60_000, maxMs: 60_000 });
    const [store, another] = [await open(), await open()];
    const close = async () => {
      await store.close();
      await another.close();
      await rm(folder, { recursive: true });
    };
    return { store, another, withLock: store.withLock, close };
  },
};

/** Two processes that share a store: each `createLaunchDarklyAuth` keeps its own memory of logins. */
async function startTwo({ store, another = Object.create(store) }: Opened, withLock?: WithLock) {
  let go = () => {};
  const add: NonNullable<Parameters<typeof startLiftedApp>[1]>['add'] = (app) => {
    app.get('/slow', async (req, res) => {
      await new Promise<void>((resolve) => (go = resolve));
      Object.assign(req.session, { seen: Date.now() });
      res.end();
    });
  };
  const lock = withLock ? { withLock } : {};
  const one = await startLiftedApp(sandbox, { store, add, options: lock });
  const other = await startLiftedApp(sandbox, {
    store: another,
    add,
    options: { ...one.options, ...lock },
  });
  return { one, other, release: () => go() };
}

const isIn = async (app: LiftedApp, browser: Browser, headers: Record<string, string> = {}) =>
  (await browser.request(`${app.url}/private`, { headers: { accept: 'application/json', ...headers } })).status === 200;
const untilDue = () => sleep(lifetime * 900 + 100);

/** Begins a request that changes the session, and lets something happen before it ends. */
async function duringSlowRequest(
  app: LiftedApp,
  browser: Browser,
  release: () => void,
  happen: () => Promise<unknown>,
) {
  const slow = browser.request(`${app.url}/slow`);
  await sleep(150);
  await happen();
  release();
  await slow;
}

/** The slow request runs in one process; another request logs out in the same or another one. */
async function logoutRace(opened: Opened, logsOut: 'one' | 'other') {
  const apps = await startTwo(opened);
  const { browser } = await logInto(apps.one.url);
  const cookie = browser.cookieHeader(apps.one.url) ?? ''; // the logout expires it, but a copy may be kept
  await duringSlowRequest(apps.one, browser, apps.release, () =>
    browser.request(`${apps[logsOut].url}/auth/logout`, { method: 'POST' }),
  );
  const back = [await isIn(apps.one, browser, { cookie }), await isIn(apps.other, browser, { cookie })].includes(true);
  await closeBoth(apps);
  return back ? '**may come back**' : 'stays out';
}

/** The slow request runs in one process; another request refreshes the login in the same or another one. */
async function refreshRace(opened: Opened, refreshes: 'one' | 'other') {
  const apps = await startTwo(opened);
  const { browser } = await logInto(apps.one.url);
  await untilDue();
  await duringSlowRequest(apps.one, browser, apps.release, () => isIn(apps[refreshes], browser));
  await untilDue();
  const stays = (await isIn(apps.other, browser)) && (await isIn(apps.one, browser));
  await closeBoth(apps);
  return stays ? 'stays in' : '**logged out**';
}

async function refreshTogether(opened: Opened, withLock?: WithLock) {
  const apps = await startTwo(opened, withLock);
  const browsers = await Promise.all(Array.from({ length: 8 }, async () => (await logInto(apps.one.url)).browser));
  await untilDue();
  const both = (browser: Browser) => Promise.all([isIn(apps.one, browser), isIn(apps.other, browser)]);
  const first = (await Promise.all(browsers.map(both))).filter((answers) => !answers.includes(false)).length;
  const then = (await Promise.all(browsers.map(both))).filter((answers) => !answers.includes(false)).length;
  await closeBoth(apps);
  return `${Math.min(first, then)} of 8 stay in`;
}

async function closeBoth({ one, other }: { one: LiftedApp; other: LiftedApp }) {
  await one.close();
  await other.close();
}

describe.each(Object.keys(stores))('%s', (name) => {
  test('behaves as the table in docs/lift.md says', async () => {
    const open = stores[name]!;
    const opened = await open();
    if (!opened) return console.log(`Not run: ${name} needs a server that does not answer`);
    try {
      const row = [
        await logoutRace(opened, 'one'),
        await logoutRace(opened, 'other'),
        await refreshRace(opened, 'one'),
        await refreshRace(opened, 'other'),
        await refreshTogether(opened),
        opened.withLock ? await refreshTogether(opened, opened.withLock) : '–',
      ];
      const line = `| ${name === 'src/session-store' ? '`src/session-store`' : name} | ${row.join(' | ')} |`;
      console.log(line);
      expect(read('docs/lift.md')).toContain(line);
    } finally {
      await opened.close();
    }
  }, 120_000);
});
