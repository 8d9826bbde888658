import type { LoginError } from './login-error.ts';

/** When the authorization server may be asked again after it failed: for one session, and for all of them. */
export interface Backoff {
  /** Whether to ask for this session now. */
  allows(sessionId: string): boolean;
  /** Asking for this session failed. */
  failed(sessionId: string, error: LoginError): void;
  /** The server answered. */
  answered(): void;
}

/** How long the server is left alone after it failed, in milliseconds, unless it asks for longer. */
const pause = 5_000;
const longestPause = 60_000;
/** After this many calls in a row without an answer, one pause holds for every session. */
const mostUnanswered = 5;
const mostRemembered = 10_000;

/**
 * Remembers failures in this process. While the server answers nobody, at most one session in a pause asks it, so that
 * thousands of members take no more connections than a few.
 */
export function createBackoff(): Backoff {
  const pausedUntil = new Map<string, number>();
  let unanswered = 0;
  let allPausedUntil = 0;

  return {
    allows(sessionId) {
      if (isAhead(pausedUntil.get(sessionId))) return false;
      if (unanswered < mostUnanswered) return true;
      if (isAhead(allPausedUntil)) return false;
      allPausedUntil = Date.now() + pause;
      return true;
    },
    failed(sessionId, error) {
      const asked = (error.retryAfterSeconds ?? 0) * 1000;
      if (pausedUntil.size >= mostRemembered) pausedUntil.clear();
      pausedUntil.set(sessionId, Date.now() + Math.min(Math.max(pause, asked), longestPause));
      if (!isUnanswered(error)) {
        unanswered = 0;
        return;
      }
      unanswered += 1;
      allPausedUntil = Date.now() + pause;
    },
    answered() {
      unanswered = 0;
    },
  };
}

/** A pause that seems longer than the longest there is was begun before the clock was set back: it is over. */
function isAhead(time = 0): boolean {
  const remaining = time - Date.now();
  return remaining > 0 && remaining <= longestPause;
}

function isUnanswered({ reason }: LoginError): boolean {
  return reason === 'provider_timeout' || reason === 'provider_unreachable';
}
