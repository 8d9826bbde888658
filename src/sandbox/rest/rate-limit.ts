import type { RequestHandler, Response } from 'express';
import type { SandboxStore } from '../store.ts';
import { RestError } from './rest-error.ts';

const WINDOW_MS = 10_000;

interface Window {
  startedAt: number;
  used: number;
}

/**
 * Counts calls in windows of ten seconds, account-wide and per route, and says so in the headers that LaunchDarkly
 * documents. The limits are the switch `rateLimit` and a fifth of it. Throws `RestError` 429 beyond them.
 */
export function rateLimit(store: SandboxStore): RequestHandler {
  const windows = new Map<string, Window>();
  return (req, res, next) => {
    const limit = store.switches.rateLimit;
    const routeLimit = Math.ceil(limit / 5);
    const everything = count(windows, 'global', store.clock.now());
    const route = count(windows, `${req.method} ${routeOf(req.path)}`, store.clock.now());
    setRateLimitHeaders(res, {
      'X-Ratelimit-Global-Limit': limit,
      'X-Ratelimit-Global-Remaining': Math.max(0, limit - everything.used),
      'X-Ratelimit-Route-Limit': routeLimit,
      'X-Ratelimit-Route-Remaining': Math.max(0, routeLimit - route.used),
      'X-Ratelimit-Reset': everything.startedAt + WINDOW_MS,
    });
    if (everything.used > limit || route.used > routeLimit) throw rateLimited();
    next();
  };
}

/** 429, as documented. */
export const rateLimited = () =>
  new RestError(429, 'rate_limited', "You've exceeded the API rate limit. Try again later.");

function count(windows: Map<string, Window>, name: string, now: number): Window {
  const current = windows.get(name);
  const window = current && now < current.startedAt + WINDOW_MS ? current : { startedAt: now, used: 0 };
  window.used += 1;
  windows.set(name, window);
  return window;
}

/** `/oauth/clients/{id}` is one route, whatever the id. */
function routeOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}

function setRateLimitHeaders(res: Response, headers: Record<string, number>): void {
  for (const [name, value] of Object.entries(headers)) res.set(name, String(value));
}
