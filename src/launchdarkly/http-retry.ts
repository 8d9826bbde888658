import type { Outcome } from './http.ts';
import type { HttpResponse } from './http-exchange.ts';

const MAX_ATTEMPTS = 3;
const PASSING_STATUSES = new Set([429, 500, 502, 503, 504]);
const OURS = new Set(['TIMEOUT', 'ABORTED', 'RESPONSE_TOO_LARGE']);

/**
 * How long to wait before a read is repeated, in milliseconds, or undefined when repeating it would not help. The
 * server's own waiting time comes first; jitter keeps many processes from coming back together.
 */
export function retryWaitMs(outcome: Outcome, attempt: number): number | undefined {
  if (attempt >= MAX_ATTEMPTS) return undefined;
  if ('error' in outcome) return isPassing(outcome.error) ? backoffMs(attempt) : undefined;
  if (!PASSING_STATUSES.has(outcome.response.status)) return undefined;
  const askedMs = askedWaitMs(outcome.response);
  return askedMs === undefined ? backoffMs(attempt) : askedMs + Math.random() * 250;
}

/**
 * What the server said about when to come back, in milliseconds from now, never negative: `Retry-After` (seconds or
 * a date, RFC 9110 section 10.2.3), else LaunchDarkly's `X-Ratelimit-Reset` (epoch milliseconds,
 * https://launchdarkly.com/docs/api#rate-limiting). Undefined when it said nothing usable.
 */
export function askedWaitMs(
  { headers }: Pick<HttpResponse, 'headers'>,
  now = Date.now(),
): number | undefined {
  const retryAfter = headers['retry-after']?.trim();
  const at = retryAfter
    ? /^\d+$/.test(retryAfter)
      ? now + Number(retryAfter) * 1000
      : Date.parse(retryAfter)
    : Number(headers['x-ratelimit-reset'] ?? headers['x-ratelimit-auth-token-reset'] ?? Number.NaN);
  return Number.isFinite(at) ? Math.max(0, at - now) : undefined;
}

function isPassing(error: unknown): boolean {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  return (
    !OURS.has(code) && !/CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO/.test(code) && !code.startsWith('UND_ERR_INVALID')
  );
}

function backoffMs(attempt: number): number {
  return 100 * 2 ** attempt * (0.5 + Math.random() / 2);
}
