import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { switchesPage } from '../pages/switches-page.ts';
import type { SandboxStore } from '../store.ts';
import { checkSwitches, switchesFromForm } from '../switch-values.ts';
import { backTo, readFields, readObject, wantsPage } from './request-input.ts';

/** `GET /__sandbox/switches`. */
export function showSwitches(store: SandboxStore): RequestHandler {
  return (req, res) => {
    if (wantsPage(req)) sendPage(res, 200, switchesPage(store, queryOf(req)));
    else res.json({ switches: store.switches });
  };
}

/** `PATCH /__sandbox/switches` with those that change. */
export function patchSwitches(store: SandboxStore): RequestHandler {
  return (req, res) => {
    Object.assign(store.switches, checkSwitches(readObject(req)));
    res.json({ switches: store.switches });
  };
}

/** `POST /__sandbox/switches`: the form of the page, which has them all. */
export function setSwitches(store: SandboxStore): RequestHandler {
  return (req, res) => {
    Object.assign(store.switches, switchesFromForm(readFields(req)));
    backTo(res, '/__sandbox/switches', { done: 'switches-saved' });
  };
}
