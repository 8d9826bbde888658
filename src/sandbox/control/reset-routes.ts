import type { RequestHandler } from 'express';
import type { SandboxStore } from '../store.ts';
import { resetStore } from '../store.ts';
import { backTo, isForm, readFields, readObject } from './request-input.ts';

/** `POST /__sandbox/reset`: back to the start; `{"keepClients": true}` leaves the registered clients. */
export function reset(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const keepClients = isForm(req)
      ? readFields(req).keepClients === 'true'
      : readObject(req).keepClients === true;
    resetStore(store, { keepClients });
    await store.saved();
    if (isForm(req)) backTo(res, '/', { done: keepClients ? 'reset-kept' : 'reset-all' });
    else res.status(204).end();
  };
}
