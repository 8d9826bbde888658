import type { NextFunction, Request, RequestHandler, Response } from 'express';
import type { IncrementResponse, Options, Store } from 'express-rate-limit';
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
 * the IETF draft (draft-ietf-httpapi-ratelimit-headers-08). While Redis is away nothing is counted: sessions are away
 * too then, and logins fail for that reason.
 */
export function createRateLimit({ paths, perMinute, redis }: RateLimitOptions): RequestHandler {
  let opening: Promise<Count> | undefined;

  return (req, res, next) => {
    if (!paths.includes(req.path)) return next();
    opening ??= openCounter(redis);
    return limit(req, res, next, opening);
  };

  async function limit(
    req: Request,
    res: Response,
    next: NextFunction,
    opened: Promise<Count>,
  ): Promise<void> {
    const count = await opened;
    const counted = await count(req).catch(() => undefined);
    if (!counted) return next();
    const { totalHits, resetTime = new Date() } = counted;
    const seconds = Math.max(0, Math.ceil((resetTime.getTime() - Date.now()) / 1000));
    res.setHeader('RateLimit-Policy', `"login"; q=${perMinute}; w=${windowMs / 1000}`);
    res.setHeader('RateLimit', `"login"; r=${Math.max(0, perMinute - totalHits)}; t=${seconds}`);
    if (totalHits <= perMinute) return next();
    res.setHeader('Retry-After', seconds);
    next(new AppError('rate_limited', { returnTo: safeReturnTo(req.query.returnTo) }));
  }
}

const windowMs = 60_000;

/** Counts a request and says how many there were within the minute, and when that ends. */
type Count = (req: Request) => Promise<IncrementResponse>;

/** Loaded with the first login: nothing needs it to start. */
async function openCounter(redis: RedisConnection | undefined): Promise<Count> {
  const { ipKeyGenerator, MemoryStore } = await import('express-rate-limit');
  const store = redis ? await sharedStore(redis) : new MemoryStore();
  store.init?.({ windowMs } as Options);
  // Whoever has hung up already has no address any more. An IPv6 address stands for its whole network.
  return async ({ ip = 'unknown' }) => store.increment(ipKeyGenerator(ip));
}

async function sharedStore(redis: RedisConnection): Promise<Store> {
  const { RedisStore } = await import('rate-limit-redis');
  return new RedisStore({
    prefix: 'login-rate:',
    sendCommand: (...args) => redis.sendCommand(args) as never,
  });
}
