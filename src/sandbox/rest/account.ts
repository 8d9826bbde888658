import type { RequestHandler } from 'express';
import type { SandboxStore } from '../store.ts';
import { authenticateReader } from './caller.ts';
import { notFound } from './rest-error.ts';

/** `GET /api/v2/account`: not in LaunchDarkly's OpenAPI document, but its CLI reads these two fields of it. */
export function getAccount(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const account = store.accounts.get(authenticateReader(store, req).accountId);
    if (!account) throw notFound();
    res.json({ _id: account.id, organization: account.organization });
  };
}
