import type { Answer, Engine } from './engine.ts';
import type { RedisConnection } from './redis-connection.ts';
import { extendLease, extendSession, releaseLease, storeSession } from './redis-scripts.ts';
import type { SessionRecord } from './session-record.ts';

/**
 * Sessions in Redis or Valkey: a hash each, which the server forgets when the session ends. Written here rather than taken
 * from connect-redis, which keeps a session as one string and so can neither refuse to store one that was destroyed
 * meanwhile nor keep the newer of two logins.
 * @param prefix what every key begins with.
 */
export function createRedisEngine({ client, answer, close }: RedisConnection, prefix: string): Engine {
  const sessionKey = (id: string) => `${prefix}session:${id}`;
  const lockKey = (key: string) => `${prefix}lock:${key}`;

  return {
    redis: client,
    close,

    read(id, now, done) {
      const found = client.hmGet(sessionKey(id), ['data', 'login', 'expiresAt']);
      settle(done, answer(found), ([data, login, expiresAt]) => {
        if (!data || Number(expiresAt) <= now) return undefined;
        return { data, login: login || null, expiresAt: Number(expiresAt) };
      });
    },

    insert: (id, record, now, done) => settle(done, store(id, record, now, '0')),
    update: (id, record, now, done) => settle(done, store(id, record, now, '1')),
    extend: (id, expiresAt, now, done) =>
      settle(done, answer(extendSession(client, sessionKey(id), expiresAt, now))),
    remove: (id, done) => settle(done, answer(client.del(sessionKey(id)))),

    async takeLease(key, owner, leaseMs) {
      const expiration = { type: 'PX', value: leaseMs } as const;
      return (await answer(client.set(lockKey(key), owner, { condition: 'NX', expiration }))) === 'OK';
    },

    async extendLease(key, owner, leaseMs) {
      await answer(extendLease(client, lockKey(key), owner, leaseMs));
    },

    async releaseLease(key, owner) {
      await answer(releaseLease(client, lockKey(key), owner));
    },

    async ping() {
      await answer(client.ping());
    },
  };

  function store(
    id: string,
    { data, login, revision, expiresAt }: SessionRecord,
    now: number,
    must: '0' | '1',
  ) {
    return answer(storeSession(client, sessionKey(id), data, login ?? '', revision, expiresAt, now, must));
  }
}

/** From promise to callback. What the callback throws is left to the process, as with any other callback. */
function settle<T, R>(done: Answer<R>, reply: Promise<T>, read?: (value: T) => R | undefined): void {
  reply.then(
    (value) => process.nextTick(done, null, read?.(value)),
    (error) => process.nextTick(done, error),
  );
}
