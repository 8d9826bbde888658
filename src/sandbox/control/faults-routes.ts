import type { RequestHandler } from 'express';
import { addFault, setFaults } from '../faults/active-faults.ts';
import { FAULT_KINDS, FAULT_NAMES } from '../faults/fault-menu.ts';
import { PRESETS } from '../faults/presets.ts';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { faultsPage } from '../pages/faults-page.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, readFields, readObject, wantsPage } from './request-input.ts';

/** `GET /__sandbox/faults`: what is switched on, and the menu. */
export function showFaults(store: SandboxStore): RequestHandler {
  return (req, res) => {
    if (wantsPage(req)) return sendPage(res, 200, faultsPage(store, queryOf(req)));
    const menu = FAULT_NAMES.map((fault) => {
      const { title, endpoints } = FAULT_KINDS[fault];
      return { fault, title, endpoints };
    });
    res.json({ faults: store.faults, menu, presets: PRESETS });
  };
}

/** `PUT /__sandbox/faults` with `{"faults": [{"endpoint", "fault", "times"?, "method"?, "delayMs"?}]}`: these, and no others. */
export function replaceFaults(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const { faults } = readObject(req);
    if (!Array.isArray(faults))
      throw new SandboxError('Send {"faults": […]}; an empty list switches all off.');
    setFaults(store.faults, faults);
    res.json({ faults: store.faults });
  };
}

/** `POST /__sandbox/faults`: the forms of the failure menu's page. */
export function changeFaults(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const { action, endpoint, fault, times, delayMs, index } = readFields(req);
    if (action === 'clear') store.faults.length = 0;
    else if (action === 'off') store.faults.splice(Number(index), 1);
    else {
      addFault(store.faults, {
        endpoint,
        fault,
        ...(times ? { times: Number(times) } : {}),
        ...(delayMs ? { delayMs: Number(delayMs) } : {}),
      });
    }
    const done = action === 'clear' ? 'faults-clear' : action === 'off' ? 'fault-off' : 'fault-on';
    backTo(res, '/__sandbox/faults', { done });
  };
}
