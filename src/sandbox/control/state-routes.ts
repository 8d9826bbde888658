import type { RequestHandler } from 'express';
import { describeState } from '../state.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, isForm } from './request-input.ts';

/** `GET /__sandbox/state`: everything the sandbox holds, without a secret. */
export function showState(store: SandboxStore): RequestHandler {
  return (_req, res) => {
    res.json(describeState(store));
  };
}

/** `DELETE /__sandbox/sessions`, or the button on the front page: logs everybody out of the sandbox itself, where it remembers them. */
export function forgetSessions({ browserSessions }: SandboxStore): RequestHandler {
  return (req, res) => {
    browserSessions.clear();
    if (isForm(req)) backTo(res, '/', { done: 'sessions-forgotten' });
    else res.status(204).end();
  };
}
