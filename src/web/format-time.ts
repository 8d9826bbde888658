/** A point in time as a page shows it. */
export interface FormattedTime {
  /** For `<time datetime>`: `2026-11-21T14:03:00.000Z`. */
  readonly iso: string;
  /** `21 November 2026, 14:03 UTC`. */
  readonly absolute: string;
  /** `in 7 hours`, `12 minutes ago`. */
  readonly relative: string;
}

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** Formats the time `at`, seen from `now`; both in epoch milliseconds. */
export function formatTime(at: number, now: number): FormattedTime {
  const date = new Date(at);
  return {
    iso: date.toISOString(),
    absolute: `${formats().absolute.format(date).replace(' at ', ', ')} UTC`,
    relative: relativeTime(at - now),
  };
}

let cached: { absolute: Intl.DateTimeFormat; relative: Intl.RelativeTimeFormat } | undefined;

/** Created on first use: loading their language data takes a twentieth of the app's start. */
function formats() {
  cached ??= {
    absolute: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }),
    relative: new Intl.RelativeTimeFormat('en', { numeric: 'auto' }),
  };
  return cached;
}

/** In whole units. Future times are rounded up by 30 s, so that a new session of a week says seven days. */
function relativeTime(milliseconds: number): string {
  const rounded = milliseconds > 0 ? milliseconds + 30_000 : milliseconds;
  const [unit, length] = units.find(([, size]) => Math.abs(rounded) >= size) ?? ['second', 1000];
  return formats().relative.format(Math.trunc((unit === 'second' ? milliseconds : rounded) / length), unit);
}
