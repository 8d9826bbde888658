import { createHash } from 'node:crypto';
import type { RedisConnection } from './redis-connection.ts';

/** Runs the script on the server as one indivisible step, in one round trip. */
export type RedisScript = (
  redis: Pick<RedisConnection, 'sendCommand'>,
  key: string,
  ...values: (string | number)[]
) => Promise<unknown>;

/**
 * KEYS[1] session; ARGV: data, login or '', revision, expiresAt, now, 'update' when the session must exist.
 * A login is replaced only by one of the same or a later revision; one that was taken out never returns.
 */
export const storeSession = script(`
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
export const extendSession = script(`
  local stored = redis.call('HGET', KEYS[1], 'expiresAt')
  if not stored or tonumber(stored) <= tonumber(ARGV[2]) then return 0 end
  redis.call('HSET', KEYS[1], 'expiresAt', ARGV[1])
  redis.call('PEXPIREAT', KEYS[1], ARGV[1])
  return 1`);

/** KEYS[1] lock; ARGV: owner, milliseconds. */
export const extendLease = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('PEXPIRE', KEYS[1], ARGV[2])`);

/** KEYS[1] lock; ARGV: owner. */
export const releaseLease = script(`
  if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
  return redis.call('DEL', KEYS[1])`);

/** KEYS[1] counter; ARGV: milliseconds. Counts one; replies with the count and the milliseconds until it starts anew. */
export const countHit = script(`
  local hits = redis.call('INCR', KEYS[1])
  local left = redis.call('PTTL', KEYS[1])
  if left < 0 then
    redis.call('PEXPIRE', KEYS[1], ARGV[1])
    left = tonumber(ARGV[1])
  end
  return { hits, left }`);

/** KEYS[1] a key of its own. Fails when the server does not run scripts, or does not write. */
export const probe = script(`
  redis.call('SET', KEYS[1], '1', 'PX', 1000)
  return redis.call('DEL', KEYS[1])`);

/** The server knows a script by its digest, and has to be shown it again after a restart. */
function script(lua: string): RedisScript {
  const digest = createHash('sha1').update(lua).digest('hex');
  return async ({ sendCommand }, key, ...values) => {
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
