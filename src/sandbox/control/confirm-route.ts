import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { confirmPage } from '../pages/confirm-page.ts';
import type { SandboxStore } from '../store.ts';

/** `GET /__sandbox/confirm?action=…`: asks before what cannot be taken back. For people; programs do it at once. */
export function askFirst(store: SandboxStore): RequestHandler {
  return (req, res, next) => {
    const page = confirmPage(store, queryOf(req));
    if (page) sendPage(res, 200, page);
    else next();
  };
}
