import type { RequestHandler } from 'express';
import type { Store } from 'express-rate-limit';
import { safeReturnTo } from '../auth/index.ts';
import { AppError } from './failures.ts';

/** A connection to Redis, as the `redis` package makes it. */
export interface RedisConnection {
  sendCommand(args: string[]): Promise<unknown>;
}

export interface RateLimitOptions {
  /** The paths that are limited. */
  readonly paths: readonly string[];
  /** Requests a minute that one client address may send to them. */
  readonly perMinute: number;
  /** Shares the counts between instances; without it each counts for itself. */
  readonly redis?: RedisConnection | undefined;
}

/**
 * Middleware that counts requests by client address and answers 429 above the limit, with the `RateLimit` headers of
 * the IETF draft. While Redis is away nothing is counted: sessions are away too then, and logins fail for that reason.
 */
export function createRateLimit({ paths, perMinute, redis }: RateLimitOptions): RequestHandler {
  let opening: Promise<RequestHandler> | undefined;
  return (req, res, next) => {
    if (!paths.includes(req.path)) return next();
    opening ??= openRateLimit(perMinute, redis);
    return opening.then((limit) => limit(req, res, next));
  };
}

/** Loaded with the first login: nothing needs it to start. */
async function openRateLimit(perMinute: number, redis: RedisConnection | undefined): Promise<RequestHandler> {
  const { ipKeyGenerator, rateLimit } = await import('express-rate-limit');
  return rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'login',
    passOnStoreError: true,
    // The session store says in the log that Redis is away; once is enough.
    logger: { warn() {}, error() {} },
    validate: false,
    ...(redis && { store: await sharedStore(redis) }),
    // Whoever has hung up already has no address any more. An IPv6 address stands for its whole network.
    keyGenerator: ({ ip = 'unknown' }) => ipKeyGenerator(ip),
    handler: ({ query }, _res, next) =>
      next(new AppError('rate_limited', { returnTo: safeReturnTo(query.returnTo) })),
  });
}

async function sharedStore(redis: RedisConnection): Promise<Store> {
  const { RedisStore } = await import('rate-limit-redis');
  return new RedisStore({
    prefix: 'login-rate:',
    sendCommand: (...args) => redis.sendCommand(args) as never,
  });
}
