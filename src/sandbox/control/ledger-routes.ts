import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { ledgerPage } from '../pages/ledger-page.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, isForm, wantsPage } from './request-input.ts';

/** `GET /__sandbox/ledger`: the newest request first; `?endpoint=token` for those of one endpoint, `?limit=10` for fewer. */
export function showLedger(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const query = queryOf(req);
    const endpoint = query.get('endpoint') || undefined;
    const limit = Number.parseInt(query.get('limit') ?? '', 10) || Number.POSITIVE_INFINITY;
    const all = store.ledger.entries();
    const entries = all
      .filter((entry) => endpoint === undefined || entry.endpoint === endpoint)
      .slice(0, limit);
    if (wantsPage(req)) sendPage(res, 200, ledgerPage(entries, endpoint));
    else res.json({ entries });
  };
}

/** `DELETE /__sandbox/ledger`, or the button on its page. */
export function clearLedger(store: SandboxStore): RequestHandler {
  return (req, res) => {
    store.ledger.clear();
    if (isForm(req)) backTo(res, '/__sandbox/ledger');
    else res.status(204).end();
  };
}
