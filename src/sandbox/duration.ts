import { SandboxError } from './sandbox-error.ts';

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Reads a length of time, seconds as a number or text such as `90s`, `5m`, `1h`, `7d`, into milliseconds. Throws `SandboxError`. */
export function parseDuration(value: unknown): number {
  if (typeof value === 'number' && value >= 0) return value * 1000;
  const [, amount = '', unit = 's'] = /^(\d{1,12})(ms|s|m|h|d)?$/.exec(String(value)) ?? [];
  if (amount !== '') return Number(amount) * (UNITS[unit] ?? 1000);
  throw new SandboxError(
    'A length of time is a number of seconds, or text such as "90s", "5m", "1h" or "7d".',
  );
}
