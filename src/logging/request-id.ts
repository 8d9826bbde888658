/** Request ids: short words that tie an answer, a failure page and the lines of the log together. */
import { randomBytes } from 'node:crypto';

const SANE = /^[\w-]{1,64}$/;
const processPart = randomBytes(5).toString('hex');
let count = 0;

/** The value of `X-Request-Id` when it is one plain word of up to 64 letters, digits, `_` and `-`; else undefined. */
export function saneRequestId(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' && SANE.test(header) ? header : undefined;
}

/** An id no other request of any instance has. It is a name, not a secret: a random part per process and a count. */
export function newRequestId(): string {
  count += 1;
  return `${processPart}-${count.toString(36)}`;
}
