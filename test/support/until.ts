import { setTimeout as pause } from 'node:timers/promises';

/** Resolves as soon as `holds` is true, for what announces itself by no event. Looks every few milliseconds. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await pause(5);
}
