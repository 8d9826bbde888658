import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls `holds` every `everyMs` milliseconds and resolves once it is true. Rejects after `withinMs`, even while `holds`
 * itself is still waiting, so that the test fails and ends.
 */
export async function until(
  holds: () => boolean | Promise<boolean>,
  { withinMs = 20_000, everyMs = 5 }: { withinMs?: number; everyMs?: number } = {},
): Promise<void> {
  await beforeDeadline(withinMs, `until ${holds}`, async (isOver) => {
    while (!isOver() && !(await holds())) await pause(everyMs);
  });
}

/** Resolves as `wait` does; rejects after `withinMs`, and then tells `wait` that it is over. */
export async function beforeDeadline<T>(
  withinMs: number,
  what: string,
  wait: (isOver: () => boolean) => Promise<T>,
): Promise<T> {
  let over = false;
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited ${withinMs} ms without success ${what}`)), withinMs);
  });
  try {
    return await Promise.race([wait(() => over), deadline]);
  } finally {
    over = true;
    clearTimeout(timer);
  }
}
