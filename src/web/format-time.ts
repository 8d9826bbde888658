import type { Moment } from './view-data.ts';

const units = [
  ['day', 86_400_000],
  ['hour', 3_600_000],
  ['minute', 60_000],
] as const;

/** Words for the time `at`, seen from `now`; both in epoch milliseconds. */
export function formatTime(at: number, now: number): Moment {
  const date = new Date(at);
  return {
    iso: date.toISOString(),
    absolute: `${formats().absolute.format(date).replace(' at ', ', ')} UTC`,
    relative: distance(at - now),
  };
}

let made: { absolute: Intl.DateTimeFormat; relative: Intl.RelativeTimeFormat } | undefined;

/** Made when first needed: the language data they load are a twentieth of the app's start. */
function formats() {
  made ??= {
    absolute: new Intl.DateTimeFormat('en-GB', { dateStyle: 'long', timeStyle: 'short', timeZone: 'UTC' }),
    relative: new Intl.RelativeTimeFormat('en', { numeric: 'auto' }),
  };
  return made;
}

/** Whole units that have passed, or are left: half a minute is lent to the future, so that a fresh week counts seven days. */
function distance(milliseconds: number): string {
  const lent = milliseconds > 0 ? milliseconds + 30_000 : milliseconds;
  const [unit, length] = units.find(([, size]) => Math.abs(lent) >= size) ?? ['second', 1000];
  return formats().relative.format(Math.trunc((unit === 'second' ? milliseconds : lent) / length), unit);
}
