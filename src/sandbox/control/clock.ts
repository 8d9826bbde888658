import type { RequestHandler } from 'express';
import { parseDuration } from '../duration.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, isForm, readFields, readObject } from './input.ts';

/** `POST /__sandbox/clock` with `{"advance": "1h"}`, or a number of seconds: time passes, and things expire. */
export function advanceClock(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const { advance } = isForm(req) ? readFields(req) : readObject(req);
    advanceBy(store, parseDuration(advance));
    await store.saved();
    if (isForm(req)) backTo(res, '/');
    else res.json({ now: new Date(store.clock.now()).toISOString(), aheadMs: store.clock.offset() });
  };
}

/** Moves the clock forward by milliseconds. Throws `SandboxError` when that makes no sense. */
export function advanceBy(store: SandboxStore, ms: number): void {
  try {
    store.clock.advance(ms);
  } catch (cause) {
    throw new SandboxError('The clock only moves forward, and not further than a hundred years.', { cause });
  }
}
