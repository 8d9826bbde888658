import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, describe, expect, test } from '@jest/globals';
import type { SessionStore, SessionStoreEvent } from '../../src/session-store/open-session-store.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { parseRedisAddress } from '../../src/session-store/redis-address.ts';
import { freePort } from '../support/free-port.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { redisServer, sendTo } from '../support/redis-server.ts';
import { get, newSession, set } from '../support/sessions.ts';
import { until } from '../support/until.ts';

const lifetimes = { idleMs: 3_600_000, maxMs: 86_400_000 };
const folder = await mkdtemp(path.join(tmpdir(), 'redis-modes-'));
const servers: RedisServer[] = [];
const stores: SessionStore[] = [];
const redis = await start('--bind', '127.0.0.1', '::1', '--dir', folder);

async function start(...options: string[]): Promise<RedisServer | undefined> {
  const server = await redisServer(...options);
  if (server) servers.push(server);
  return server;
}

async function open(setting: string, events: SessionStoreEvent[] = []): Promise<SessionStore> {
  const store = await openSessionStore(setting, { ...lifetimes, report: (event) => events.push(event) });
  stores.push(store);
  return store;
}

afterEach(async () => {
  for (const store of stores.splice(0)) await store.close();
});
afterAll(async () => {
  for (const server of servers) await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe('a SESSION_STORE setting for Redis', () => {
  test('names one server, some nodes of a cluster, or Sentinels and the primary', () => {
    expect(parseRedisAddress('rediss://u%40x:p%2Fw@host:1/3')).toMatchObject({
      kind: 'single',
      tls: true,
      username: 'u@x',
      password: 'p/w',
      database: 3,
      nodes: [{ host: 'host', port: 1 }],
      name: 'rediss://host:1',
    });
    expect(parseRedisAddress('redis://[::1]')).toMatchObject({ nodes: [{ host: '::1', port: 6379 }] });
    expect(parseRedisAddress('redis+cluster://:p@a:1,[::1]:2,c')).toMatchObject({
      kind: 'cluster',
      tls: false,
      username: undefined,
      password: 'p',
      nodes: [
        { host: 'a', port: 1 },
        { host: '::1', port: 2 },
        { host: 'c', port: 6379 },
      ],
    });
    expect(parseRedisAddress('rediss+sentinel://:p@a,b:2/main/1?sentinelPassword=q')).toMatchObject({
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 26_379 },
        { host: 'b', port: 2 },
      ],
      masterName: 'main',
      database: 1,
      sentinelPassword: 'q',
    });
  });

  test.each([
    'redis://',
    'redis://a:1,b:2',
    'redis://u:se/cret@host',
    'redis://host/x',
    'redis://host:99999',
    'redis://%zz@host',
    'redis+cluster://a:1/2',
    'redis+sentinel://a:1',
    'redis+other://a:1',
  ])('is refused when it is not complete: %s', (setting) => {
    expect(() => parseRedisAddress(setting)).toThrow('SESSION_STORE is not a complete address');
    expect(() => parseRedisAddress(setting)).not.toThrow('se/cret');
  });
});

if (!redis) test('Redis modes need redis-server', () => {});
else {
  test('a server is reached by its IPv6 address', async () => {
    const store = await open(`redis://[::1]:${redis.port}`);
    await until(() => isReady(store));
    await set(store, 'v6', newSession());
    expect(await get(store, 'v6')).not.toBeNull();
  });

  test('the documented rights suffice, with Redis of its own user', async () => {
    const commands = 'eval evalsha hmget set del hset hget get incr pttl pexpire pexpireat ping';
    const rights = commands.split(' ').map((name) => `+${name}`);
    await redis.command('ACL', 'SETUSER', 'app', 'on', '>right', '~login:*', '~login-rate:*', '-@all', ...rights);
    const store = await open(redis.url.replace('//', '//app:right@'));
    await until(() => isReady(store));
    await set(store, 'rights', newSession());
    expect(await get(store, 'rights')).not.toBeNull();
    expect(await store.countHit?.('someone', 60_000)).toMatchObject({ hits: 1 });
    await expect(store.withLock('rights', async () => 'in')).resolves.toBe('in');
    await new Promise((resolve) => store.destroy('rights', resolve));
    expect(await get(store, 'rights')).toBeNull();
  });

  test('a Redis that cannot save to its disk is not ready', async () => {
    const gone = await mkdtemp(path.join(folder, 'gone-'));
    const server = (await start('--dir', gone)) as RedisServer;
    const store = await open(server.url);
    await until(() => isReady(store));
    await rm(gone, { recursive: true });
    await server.command('CONFIG', 'SET', 'save', '3600 1');
    await server.command('BGSAVE');
    await until(async () => String(await server.command('INFO', 'persistence')).includes('bgsave_status:err'));
    await until(() => reasonOf(store).then((reason) => reason.includes('MISCONF')));
    await server.command('CONFIG', 'SET', 'save', '');
    await store.ping();
  });

  test('a read-only replica serves sessions, is not ready, and is told of once', async () => {
    const server = (await start()) as RedisServer;
    const events: SessionStoreEvent[] = [];
    const store = await open(server.url, events);
    await until(() => isReady(store));
    await set(store, 'kept', newSession());
    await server.command('REPLICAOF', '127.0.0.1', String(await freePort()));
    await until(() => reasonOf(store).then((reason) => reason.includes('READONLY')));
    for (let n = 0; n < 5; n++) {
      await expect(set(store, `new-${n}`, newSession())).rejects.toThrow('READONLY');
      await sleep(200); // it is looked for again meanwhile
    }
    expect(await get(store, 'kept')).not.toBeNull();
    expect(events.map(({ event }) => event)).toEqual(['session_store_unavailable']);
    await server.command('REPLICAOF', 'NO', 'ONE');
    await until(() => events.length === 2, { withinMs: 5000 });
    await store.ping();
  });

  test('with Sentinels, sessions are kept where the primary is, also after a failover', async () => {
    const primary = (await start()) as RedisServer;
    const replica = (await start('--replicaof', '127.0.0.1', String(primary.port))) as RedisServer;
    await until(async () => String(await replica.command('INFO', 'replication')).includes('link_status:up'));
    const sentinel = await startSentinel(primary.port);
    try {
      const events: SessionStoreEvent[] = [];
      const nobody = await freePort();
      const setting = `redis+sentinel://127.0.0.1:${nobody},127.0.0.1:${sentinel.port}/main`;
      const store = await open(setting, events);
      await until(() => isReady(store));
      await set(store, 'before', newSession());
      await primary.command('WAIT', '1', '1000');
      const knowsReplica = async () => String(await sendTo(sentinel.port, ['INFO', 'sentinel'])).includes('slaves=1');
      await until(knowsReplica, { everyMs: 100 });
      await primary.kill();
      await expect(get(store, 'before')).rejects.toMatchObject({ code: 'SESSION_STORE_UNAVAILABLE' });
      await until(async () => !(await isReady(store)));
      await until(() => isReady(store), { everyMs: 100 });
      expect(await get(store, 'before')).not.toBeNull();
      await set(store, 'after', newSession());
      expect(events.map(({ event }) => event)).toEqual(['session_store_unavailable', 'session_store_available']);
      const unknown = await open(setting.replace('/main', '/other'));
      await until(() => reasonOf(unknown).then((reason) => reason.includes('no primary with the name other')));
      const wrong = await open(`redis://127.0.0.1:${sentinel.port}`);
      await until(() => reasonOf(wrong).then((reason) => reason.includes('Use redis+sentinel://')));
    } finally {
      await sentinel.stop();
    }
  }, 40_000);
}

function reasonOf(store: SessionStore): Promise<string> {
  return store.ping().then(() => '', String);
}

function isReady(store: SessionStore): Promise<boolean> {
  return store.ping().then(
    () => true,
    () => false,
  );
}

/** A Sentinel that calls the primary on `port` "main", and replaces it after half a second of silence. */
async function startSentinel(primary: number): Promise<{ port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const file = path.join(folder, `sentinel-${port}.conf`);
  const lines = [
    `port ${port}`,
    'bind 127.0.0.1',
    `dir ${folder}`,
    `sentinel monitor main 127.0.0.1 ${primary} 1`,
    'sentinel down-after-milliseconds main 500',
    'sentinel failover-timeout main 3000',
  ];
  await writeFile(file, `${lines.join('\n')}\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' });
  await until(
    () =>
      sendTo(port, ['PING']).then(
        () => true,
        () => false,
      ),
    { everyMs: 20 },
  );
  return {
    port,
    async stop() {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
