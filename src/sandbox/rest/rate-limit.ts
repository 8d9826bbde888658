import type { RequestHandler, Response } from 'express';
import type { RateWindow, SandboxStore } from '../store.ts';
import { RestError } from './rest-error.ts';

const WINDOW_MS = 10_000;

/**
 * Counts calls in windows of ten seconds, account-wide and per route, and says so in the headers that LaunchDarkly
 * documents. The limits are the switch `rateLimit` and a fifth of it. Throws `RestError` 429 beyond them.
 */
export function rateLimit(store: SandboxStore): RequestHandler {
  return (req, res, next) => {
    const limit = store.switches.rateLimit;
    const routeLimit = Math.ceil(limit / 5);
    const everything = count(store, 'global');
    const route = count(store, `${req.method} ${routeOf(req.path)}`);
    setRateLimitHeaders(res, {
      'X-Ratelimit-Global-Limit': limit,
      'X-Ratelimit-Global-Remaining': Math.max(0, limit - everything.used),
      'X-Ratelimit-Route-Limit': routeLimit,
      'X-Ratelimit-Route-Remaining': Math.max(0, routeLimit - route.used),
      'X-Ratelimit-Reset': Math.max(everything.startedAt, route.startedAt) + WINDOW_MS,
    });
    if (everything.used > limit || route.used > routeLimit) throw rateLimited();
    next();
  };
}

/** 429, as documented. */
export const rateLimited = () =>
  new RestError(429, 'rate_limited', "You've exceeded the API rate limit. Try again later.");

function count({ rateWindows, clock }: SandboxStore, name: string): RateWindow {
  const now = clock.now();
  const current = rateWindows.get(name);
  const window = current && now < current.startedAt + WINDOW_MS ? current : { startedAt: now, used: 0 };
  window.used += 1;
  // Callers name the routes: do not keep the windows of made-up ones forever.
  if (rateWindows.size > 1000) rateWindows.clear();
  rateWindows.set(name, window);
  return window;
}

/** `/oauth/clients/{id}` is one route, whatever the id. */
function routeOf(path: string): string {
  return path.split('/').slice(0, 3).join('/');
}

function setRateLimitHeaders(res: Response, headers: Record<string, number>): void {
  for (const [name, value] of Object.entries(headers)) res.set(name, String(value));
}
