import type { Request, RequestHandler } from 'express';
import { baseUrl } from '../http/base-url.ts';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { toHar } from '../ledger/har.ts';
import type { LedgerFilter } from '../ledger/ledger.ts';
import { ledgerPage } from '../pages/ledger-page.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, isForm, wantsPage } from './request-input.ts';

/**
 * `GET /__sandbox/ledger`: the newest request first. `?path=`, `?method=`, `?endpoint=`, `?status=`, `?since=` (an id, or a
 * time in ISO 8601) and `?limit=` narrow it. `last` is the newest id of all: the `since` for what comes next.
 */
export function showLedger(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const filter = readFilter(req);
    const entries = store.ledger.entries(filter);
    if (wantsPage(req)) sendPage(res, 200, ledgerPage(store, entries, queryOf(req)));
    else res.json({ entries, last: store.ledger.last() });
  };
}

/** `GET /__sandbox/ledger.har`: the same, narrowed the same way, as an HTTP Archive. */
export function downloadHar(store: SandboxStore): RequestHandler {
  return (req, res) => {
    res
      .attachment('launchdarkly-sandbox.har')
      .type('json')
      .send(JSON.stringify(toHar(store.ledger.entries(readFilter(req)), baseUrl(req)), null, 2));
  };
}

/** `DELETE /__sandbox/ledger`, or the button on its page. */
export function clearLedger(store: SandboxStore): RequestHandler {
  return (req, res) => {
    store.ledger.clear();
    if (isForm(req)) backTo(res, '/__sandbox/ledger', { done: 'ledger-cleared' });
    else res.status(204).end();
  };
}

function readFilter(req: Request): LedgerFilter {
  const query = queryOf(req);
  const text = (name: string) => query.get(name) || undefined;
  return {
    path: text('path'),
    method: text('method'),
    endpoint: text('endpoint'),
    status: readNumber('status', text('status')),
    since: readSince(text('since')),
    limit: readNumber('limit', text('limit')),
  };
}

function readNumber(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  throw new SandboxError(`${name} is a whole number.`);
}

function readSince(value: string | undefined): number | Date | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value);
  const time = new Date(value);
  if (!Number.isNaN(time.getTime())) return time;
  throw new SandboxError('since is the id of an entry, or a time such as 2026-01-31T12:00:00Z.');
}
