/** Milliseconds since the epoch as `2026-11-20 14:05 UTC`; "unknown" when there is no such moment. */
export function moment(epochMs: number): string {
  const date = new Date(epochMs);
  return Number.isNaN(date.getTime()) ? 'unknown' : `${date.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
