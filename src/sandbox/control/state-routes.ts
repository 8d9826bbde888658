import type { RequestHandler } from 'express';
import { describeState } from '../state.ts';
import type { SandboxStore } from '../store.ts';

/** `GET /__sandbox/state`: everything the sandbox holds, without a secret. */
export function showState(store: SandboxStore): RequestHandler {
  return (_req, res) => {
    res.json(describeState(store));
  };
}

/** `DELETE /__sandbox/sessions`: logs everybody out of the sandbox itself, where it remembers them. */
export function forgetSessions({ browserSessions }: SandboxStore): RequestHandler {
  return (_req, res) => {
    browserSessions.clear();
    res.status(204).end();
  };
}
