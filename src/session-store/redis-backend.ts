import { createHash } from 'node:crypto';
import { type Callback, extensionStep, type SessionBackend } from './backend.ts';
import type { RedisConnection } from './redis-connection.ts';
import type { SessionRecord } from './session-record.ts';

/**
 * Keeps each session in Redis or Valkey as a hash that expires with the session. connect-redis is not used because it keeps
 * a session as one string, so it can neither refuse to store a destroyed session nor keep the newer of two logins.
 * @param idleMs milliseconds after which an unused session ends.
 */
export function createRedisBackend(redis: RedisConnection, idleMs: number): SessionBackend {
  const { sendCommand } = redis;
  const sessionKey = (id: string) => `login:session:${id}`;
  const lockKey = (key: string) => `login:lock:${key}`;

  return {
    read(id, now, done) {
      const idleExpiresAt = now + idleMs;
      settle(done, readSession(redis, sessionKey(id), now, idleExpiresAt, extensionStep(idleMs)), (reply) => {
        const [data, login, expiresAt] = reply as (string | null)[];
        if (!data) return undefined;
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

    /** Writes, because a full or read-only server still answers PING. In a cluster it writes to every server. */
    async ping() {
      const keys = Array.from({ length: redis.isCluster() ? PROBE_KEYS : 1 }, (_, part) => `login:probe:${part}`);
      await Promise.all(keys.map((key) => probe(redis, key)));
    },

    close: () => redis.close(),
  };

  function store(id: string, { data, login, revision, expiresAt }: SessionRecord, now: number, how: string) {
    return storeSession(redis, sessionKey(id), data, login ?? '', revision, expiresAt, now, how);
  }
}

/** Enough keys that each server of a usual cluster has one of them. */
const PROBE_KEYS = 16;

/** From promise to callback. An error that the callback throws is an uncaught exception, as with any callback. */
function settle<T, R>(done: Callback<R>, reply: Promise<T>, read?: (value: T) => R | undefined): void {
  reply
    .then((value) => read?.(value))
    .then(
      (value) => process.nextTick(done, null, value),
      (error) => process.nextTick(done, error),
    );
}

/**
 * KEYS[1] session; ARGV: now, expiry to extend it to, extension that is too small to be written. Extends in the same round
 * trip. A server that is full or a replica refuses that, and the session is still read.
 */
const readSession = script(`
  local stored = redis.call('HMGET', KEYS[1], 'data', 'login', 'expiresAt')
  local expiresAt = tonumber(stored[3])
  if not expiresAt or expiresAt <= tonumber(ARGV[1]) then return {} end
  if ARGV[2] - expiresAt >= tonumber(ARGV[3]) and redis.pcall('HSET', KEYS[1], 'expiresAt', ARGV[2]) == 0 then
    redis.call('PEXPIREAT', KEYS[1], ARGV[2])
    stored[3] = ARGV[2]
  end
  return stored`);

/**
 * KEYS[1] session; ARGV: data, login or '', revision, expiresAt, now, 'update' when the session must exist.
 * A login is replaced only by one of the same or a later revision; a removed login is never restored.
 */
const storeSession = script(`
  local stored = redis.call('HMGET', KEYS[1], 'login', 'revision', 'expiresAt')
  if not stored[3] or tonumber(stored[3]) <= tonumber(ARGV[5]) then
    if ARGV[6] == 'update' then return 0 end
    stored = { '', '0' }
  end
  local login, revision = ARGV[2], ARGV[3]
  if login == '' and stored[1] ~= '' then
    revision = '${Number.MAX_SAFE_INTEGER}'
  elseif tonumber(revision) < tonumber(stored[2]) then
    login, revision = stored[1], stored[2]
  end
  redis.call('HSET', KEYS[1], 'data', ARGV[1], 'login', login, 'revision', revision, 'expiresAt', ARGV[4])
  redis.call('PEXPIREAT', KEYS[1], ARGV[4])
  return 1`);

/** KEYS[1] session; ARGV: expiresAt, now. */
const extendSession = script(`
  local stored = redis.call('HGET', KEYS[1], 'expiresAt')
  if not stored or tonumber(stored) <= tonumber(ARGV[2]) then return 0 end
  redis.call('HSET', KEYS[1], 'expiresAt', ARGV[1])
  redis.call('PEXPIREAT', KEYS[1], ARGV[1])
  return 1`);

/** KEYS[1] lock; ARGV: owner, milliseconds. */
const extendLease = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** KEYS[1] lock; ARGV: owner. */
const releaseLease = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`);

/** KEYS[1] counter; ARGV: milliseconds. Counts one; replies with the count and the milliseconds until the window ends. */
const countHit = script(`
  local hits = redis.call('INCR', KEYS[1])
  local left = redis.call('PTTL', KEYS[1])
  if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    left = tonumber(ARGV[1])
  end
  return { hits, left }`);

/** KEYS[1] a key for this only. Fails when the server cannot run scripts or cannot write. */
const probe = script(`
  redis.call('SET', KEYS[1], '1', 'PX', 1000)
  return redis.call('DEL', KEYS[1])`);

/**
 * Runs the script atomically on the server, in one round trip. The server caches it by its digest; after a restart it has to
 * be sent again.
 */
function script(lua: string) {
  const digest = createHash('sha1').update(lua).digest('hex');
  return async ({ sendCommand }: RedisConnection, key: string, ...values: (string | number)[]): Promise<unknown> => {
    const given = ['1', key, ...values.map(String)];
    try {
      return await sendCommand(['EVALSHA', digest, ...given]);
    } catch (error) {
      if (!isUnknownScript(error)) throw error;
      return sendCommand(['EVAL', lua, ...given]);
    }
  };
}

function isUnknownScript(error: unknown): boolean {
  const { cause } = error as { cause?: Error };
  return String(cause?.message).startsWith('NOSCRIPT');
}
