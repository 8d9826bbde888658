import { SandboxError } from './sandbox-error.ts';

/** The sandbox's clock: real time plus whatever it was advanced by. Every lifetime is measured on it. */
export interface Clock {
  /** Epoch milliseconds. */
  now(): number;
  /** Moves time forward by `ms` milliseconds. Throws `SandboxError` unless `ms` is a finite number of at least 0. */
  advance(ms: number): void;
  /** By how many milliseconds it is ahead of real time. */
  offset(): number;
  /** Back to real time plus `offset`. */
  reset(offset?: number): void;
}

const HUNDRED_YEARS_MS = 100 * 365 * 24 * 60 * 60 * 1000;

/** Creates a clock that is `offset` milliseconds ahead. */
export function createClock(offset = 0): Clock {
  let ahead = offset;
  return {
    now: () => Date.now() + ahead,
    offset: () => ahead,
    advance(ms) {
      if (!(ms >= 0 && ahead + ms <= HUNDRED_YEARS_MS)) {
        throw new SandboxError('The clock only moves forward, and not further than a hundred years.');
      }
      ahead += ms;
    },
    reset(to = 0) {
      ahead = to;
    },
  };
}
