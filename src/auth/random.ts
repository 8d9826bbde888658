import { randomBytes } from 'node:crypto';

const drawnAtOnce = 4096;
let drawn = Buffer.alloc(0);

/**
 * Random bytes, each handed out once. They are drawn from the system many at a time: a draw costs the same whether it is
 * for one value or for a hundred, and more than what most are needed for.
 */
export function nextRandomBytes(length: number): Buffer {
  if (drawn.length < length) drawn = randomBytes(drawnAtOnce);
  const next = drawn.subarray(0, length);
  drawn = drawn.subarray(length);
  return next;
}
