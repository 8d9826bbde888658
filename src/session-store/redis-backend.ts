import type { Answer, Engine } from './backend.ts';
import type { RedisConnection } from './redis-connection.ts';
import { countHit, extendLease, extendSession, probe, releaseLease, storeSession } from './redis-scripts.ts';
import type { SessionRecord } from './session-record.ts';

/**
 * Sessions in Redis or Valkey: a hash each, which the server forgets when the session ends. Written here rather than taken
 * from connect-redis, which keeps a session as one string and so can neither refuse to store one that was destroyed
 * meanwhile nor keep the newer of two logins.
 */
export function createRedisEngine(redis: RedisConnection): Engine {
  const { sendCommand } = redis;
  const sessionKey = (id: string) => `login:session:${id}`;
  const lockKey = (key: string) => `login:lock:${key}`;

  return {
    read(id, now, done) {
      settle(done, sendCommand(['HMGET', sessionKey(id), 'data', 'login', 'expiresAt']), (reply) => {
        const [data, login, expiresAt] = reply as (string | null)[];
        if (!data || Number(expiresAt) <= now) return undefined;
        return { data, login: login || null, expiresAt: Number(expiresAt) };
      });
    },

    insert: (id, record, now, done) => settle(done, store(id, record, now, 'insert')),
    update: (id, record, now, done) => settle(done, store(id, record, now, 'update')),
    extend: (id, expiresAt, now, done) => settle(done, extendSession(redis, sessionKey(id), expiresAt, now)),
    remove: (id, done) => settle(done, sendCommand(['DEL', sessionKey(id)])),

    async takeLease(key, owner, leaseMs) {
      return (await sendCommand(['SET', lockKey(key), owner, 'NX', 'PX', `${leaseMs}`])) === 'OK';
    },

    async extendLease(key, owner, leaseMs) {
      await extendLease(redis, lockKey(key), owner, leaseMs);
    },

    async releaseLease(key, owner) {
      return (await releaseLease(redis, lockKey(key), owner)) === 1;
    },

    async countHit(key, windowMs) {
      const [hits, msLeft] = (await countHit(redis, `login-rate:${key}`, windowMs)) as [number, number];
      return { hits, msLeft };
    },

    /** A full or read-only server answers PING: so something is written. In a cluster, to every part of it. */
    async ping() {
      const keys = Array.from({ length: redis.isSpread() ? parts : 1 }, (_, part) => `login:probe:${part}`);
      await Promise.all(keys.map((key) => probe(redis, key)));
    },

    close: () => redis.close(),
  };

  function store(id: string, { data, login, revision, expiresAt }: SessionRecord, now: number, how: string) {
    return storeSession(redis, sessionKey(id), data, login ?? '', revision, expiresAt, now, how);
  }
}

/** Keys enough that a cluster of the usual size has one of them on each of its servers. */
const parts = 16;

/** From promise to callback. What the callback throws is left to the process, as with any other callback. */
function settle<T, R>(done: Answer<R>, reply: Promise<T>, read?: (value: T) => R | undefined): void {
  reply
    .then((value) => read?.(value))
    .then(
      (value) => process.nextTick(done, null, value),
      (error) => process.nextTick(done, error),
    );
}
