import type { RequestHandler } from 'express';
import { parseDuration } from '../duration.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, isForm, readFields, readObject } from './request-input.ts';

/** `POST /__sandbox/clock` with `{"advance": "1h"}`, or a number of seconds: time passes, and things expire. */
export function advanceClock(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const { advance } = isForm(req) ? readFields(req) : readObject(req);
    store.clock.advance(parseDuration(advance));
    await store.saved();
    if (isForm(req)) backTo(res, '/', { done: 'clock' });
    else res.json({ now: new Date(store.clock.now()).toISOString(), aheadMs: store.clock.offset() });
  };
}
