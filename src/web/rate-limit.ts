import type { RequestHandler } from 'express';
import { rateLimit, type Store } from 'express-rate-limit';
import { RedisStore } from 'rate-limit-redis';
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
  const limit = rateLimit({
    windowMs: 60_000,
    limit: perMinute,
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    identifier: 'login',
    passOnStoreError: true,
    validate: false,
    ...(redis && { store: sharedStore(redis) }),
    handler: (_req, _res, next) => next(new AppError('rate_limited')),
  });
  return (req, res, next) => (paths.includes(req.path) ? limit(req, res, next) : next());
}

function sharedStore(redis: RedisConnection): Store {
  return new RedisStore({
    prefix: 'login-rate:',
    sendCommand: (...args) => redis.sendCommand(args) as never,
  });
}
