import { isIP } from 'node:net';
import type { RequestHandler } from 'express';
import { safeReturnTo } from '../auth/index.ts';
import type { Logger } from '../logging/log.ts';
import { AppError } from './errors.ts';

export interface RateLimitOptions {
  /** The paths with a limit. */
  readonly paths: readonly string[];
  /** Requests per minute from one client address. */
  readonly perMinute: number;
  /**
   * Adds one to a counter that all instances of the app share. Resolves to the hits within the window and the
   * milliseconds until it ends. Without it each instance counts on its own.
   */
  readonly countHit?: ((key: string, windowMs: number) => Promise<Hits>) | undefined;
  readonly logger: Pick<Logger, 'info' | 'error'>;
}

interface Hits {
  readonly hits: number;
  readonly msLeft: number;
}

export interface RateLimit {
  /** Counts requests by client address. Above the limit it passes `AppError('rate_limited')` on. */
  readonly middleware: RequestHandler;
  /** Loads express-rate-limit, which takes longer than the rest of a start. Rejects when it cannot be loaded. */
  load(): Promise<void>;
}

const windowMs = 60_000;

/**
 * A limit for each client address, with the `RateLimit` headers of the IETF draft
 * (draft-ietf-httpapi-ratelimit-headers-08). While the counts are unavailable nothing is limited: sessions are kept in
 * the same place, so logins fail anyway. The start and the end of such an outage are logged.
 */
export function createRateLimit(options: RateLimitOptions): RateLimit {
  let loading: Promise<RequestHandler> | undefined;
  const load = () => {
    loading ??= createLimiter(options);
    return loading;
  };
  return {
    async middleware(req, res, next) {
      if (!options.paths.includes(req.path)) return next();
      const limiter = await load();
      return limiter(req, res, next);
    },
    async load() {
      await load();
    },
  };
}

async function createLimiter({ perMinute, countHit, logger }: RateLimitOptions): Promise<RequestHandler> {
  const { ipKeyGenerator, rateLimit } = await import('express-rate-limit');
  return rateLimit({
    windowMs,
    limit: perMinute,
    identifier: 'login',
    standardHeaders: 'draft-8',
    legacyHeaders: false,
    passOnStoreError: true,
    keyGenerator: ({ ip }) => {
      const address = withoutPort(ip);
      return isIP(address) ? ipKeyGenerator(address) : 'unknown';
    },
    handler: (req, _res, next) => {
      next(new AppError('rate_limited', { returnTo: safeReturnTo(req.query.returnTo) }));
    },
    validate: false, // it would warn about settings that are checked at the start
    logger: { warn: ignore, error: ignore }, // would log each request; `sharedStore` logs each outage once
    ...(countHit && { store: sharedStore(countHit, logger) }),
  });
}

function sharedStore(countHit: NonNullable<RateLimitOptions['countHit']>, logger: RateLimitOptions['logger']) {
  let counting = true;
  return {
    async increment(key: string) {
      try {
        const { hits, msLeft } = await countHit(key, windowMs);
        if (!counting) logger.info({ event: 'rate_limit_on' }, 'Logins are limited again');
        counting = true;
        return { totalHits: hits, resetTime: new Date(Date.now() + msLeft) };
      } catch (error) {
        if (counting) logger.error({ event: 'rate_limit_off', error }, 'Logins cannot be counted and are not limited');
        counting = false;
        throw error;
      }
    },
    // Required by the interface, never called.
    async decrement() {},
    async resetKey() {},
  };
}

/**
 * The address of `ADDRESS:PORT`, `[IPv6]`, `[IPv6]:PORT`, as some proxies write them into `X-Forwarded-For`. Anything
 * else is returned unchanged. A visitor whose connection is closed has no address.
 */
function withoutPort(ip = ''): string {
  const [, v6, v4] = /^"?(?:\[([^\]]*)\]|([\d.]+))(?::\d*)?"?$/.exec(ip.trim()) ?? [];
  return v6 ?? v4 ?? ip.trim();
}

function ignore(): void {}
