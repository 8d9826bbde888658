import { HttpError } from './http-error.ts';
import type { HttpResponse } from './send-request.ts';

/** How one attempt ended. */
export type Outcome = { response: HttpResponse } | { error: unknown };

const MAX_ATTEMPTS = 3;
const RETRYABLE_STATUSES = new Set([429, 500, 502, 503, 504]);
/** Our own limits, refusals, certificates, and requests that cannot be sent: these would fail again. */
const NOT_RETRYABLE =
  /^(TIMEOUT|ABORTED|RESPONSE_\w+|PROXY_(REFUSED|CLOSED))$|CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|UND_ERR_INVALID/;

/**
 * How long to wait before a GET is repeated, in milliseconds, or undefined when a retry would not help. A delay that the
 * server asks for takes precedence; jitter keeps many processes from retrying at the same moment.
 */
export function retryDelayMs(outcome: Outcome, attempt: number): number | undefined {
  if (attempt >= MAX_ATTEMPTS) return undefined;
  const backoffMs = 100 * 2 ** attempt * (0.5 + Math.random() / 2);
  if ('error' in outcome) {
    const { error } = outcome;
    return error instanceof HttpError && !NOT_RETRYABLE.test(error.code) ? backoffMs : undefined;
  }
  if (!RETRYABLE_STATUSES.has(outcome.response.status)) return undefined;
  const requestedMs = retryAfterMs(outcome.response);
  return requestedMs === undefined ? backoffMs : requestedMs + Math.random() * 250;
}

/**
 * When the server accepts another call, in milliseconds from now, never negative: `Retry-After` (seconds or a date,
 * RFC 9110 section 10.2.3), else LaunchDarkly's `X-Ratelimit-Reset` (epoch milliseconds,
 * https://launchdarkly.com/docs/api#rate-limiting). Undefined when the response does not say.
 */
export function retryAfterMs({ headers }: Pick<HttpResponse, 'headers'>, now = Date.now()): number | undefined {
  const at = [
    retryAfterTime(headers['retry-after'], now),
    epoch(headers['x-ratelimit-reset']),
    epoch(headers['x-ratelimit-auth-token-reset']),
  ].find(Number.isFinite);
  return at === undefined ? undefined : Math.max(0, at - now);
}

function retryAfterTime(text = '', now: number): number {
  return /^\s*\d+\s*$/.test(text) ? now + Number(text) * 1000 : Date.parse(text);
}

function epoch(text: string | undefined): number {
  return text ? Number(text) : Number.NaN;
}
