// log-in-with-launchdarkly 0.1.0, MIT License
import type { LoginError } from './login-error.ts';

/** When the authorization server may be asked again after a failure: for one session, and for all of them. */
export type Backoff = ReturnType<typeof createBackoff>;

/** Milliseconds to wait after a failure, unless the server asks for longer. */
const backoffMs = 5_000;
const maxBackoffMs = 60_000;
/** After this many calls in a row without an answer, all sessions wait together. */
const maxUnanswered = 5;
const maxSessions = 10_000;

/**
 * Remembers failures in this process. While the server does not answer at all, only one session in `backoffMs` asks it, so
 * that thousands of users need no more connections than a few.
 */
export function createBackoff() {
  const backoffUntil = new Map<string, number>();
  let unanswered = 0;
  let allBackoffUntil = 0;

  return {
    /** Whether the server may be asked for this session now. */
    allows(sessionId: string): boolean {
      if (isFuture(backoffUntil.get(sessionId))) return false;
      if (unanswered < maxUnanswered) return true;
      if (isFuture(allBackoffUntil)) return false;
      allBackoffUntil = Date.now() + backoffMs;
      return true;
    },
    /** A call for this session failed. */
    failed(sessionId: string, { reason, retryAfterSeconds = 0 }: LoginError): void {
      if (backoffUntil.size >= maxSessions) backoffUntil.clear();
      const wait = Math.min(Math.max(backoffMs, retryAfterSeconds * 1000), maxBackoffMs);
      backoffUntil.set(sessionId, Date.now() + wait);
      const isAnswered = reason !== 'provider_timeout' && reason !== 'provider_unreachable';
      unanswered = isAnswered ? 0 : unanswered + 1;
      if (!isAnswered) allBackoffUntil = Date.now() + backoffMs;
    },
    /** The server answered. */
    answered(): void {
      unanswered = 0;
    },
  };
}

/** A wait longer than the longest one was set before the clock was moved back: it is over. */
function isFuture(time = 0): boolean {
  const remaining = time - Date.now();
  return remaining > 0 && remaining <= maxBackoffMs;
}
