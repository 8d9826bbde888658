import { setTimeout as pause } from 'node:timers/promises';

/**
 * Resolves as soon as `holds` is true, for what announces itself by no event. Looks every few milliseconds; rejects when
 * that was in vain for `withinMs`, so that the test fails and ends.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { withinMs = 20_000, everyMs = 5 }: { withinMs?: number; everyMs?: number } = {},
): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!(await holds())) {
    if (performance.now() >= deadline) throw new Error(`Waited ${withinMs} ms in vain until ${holds}`);
    await pause(everyMs);
  }
}
