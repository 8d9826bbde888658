import type { ErrorRequestHandler, Router } from 'express';
import express from 'express';
import { allowedMethods } from '../http/allowed-methods.ts';
import { isClientMistake } from '../http/client-mistake.ts';
import { onlyLoopbackHosts } from '../http/loopback-host.ts';
import { sameOriginChanges } from '../http/same-origin.ts';
import { SandboxError } from '../sandbox-error.ts';
import type { SandboxStore } from '../store.ts';
import { advanceClock } from './clock-routes.ts';
import { changeFaults, replaceFaults, showFaults } from './faults-routes.ts';
import { clearLedger, showLedger } from './ledger-routes.ts';
import { changePersonaByForm, patchPersona, revokePersona, showPersonas } from './personas-routes.ts';
import { reset } from './reset-routes.ts';
import { forgetSessions, showState } from './state-routes.ts';
import { patchSwitches, setSwitches, showSwitches } from './switches-routes.ts';

/**
 * The sandbox's own controls, under `/__sandbox`. For this machine's programs, and for its own pages: never for another
 * web site, neither by a forged form nor by a name that points here.
 */
export function controlApi(store: SandboxStore): Router {
  const control = express.Router({ caseSensitive: true, strict: true });
  control.use(onlyLoopbackHosts, sameOriginChanges);
  control.route('/ledger').get(showLedger(store)).delete(clearLedger(store)).post(clearLedger(store));
  control.route('/faults').get(showFaults(store)).put(replaceFaults(store)).post(changeFaults(store));
  control.get('/personas', showPersonas(store));
  control.route('/personas/:id').patch(patchPersona(store)).post(changePersonaByForm(store));
  control.post('/personas/:id/revoke', revokePersona(store));
  control.route('/switches').get(showSwitches(store)).patch(patchSwitches(store)).post(setSwitches(store));
  control.get('/state', showState(store));
  control.delete('/sessions', forgetSessions(store));
  control.all('/clock', allowedMethods('POST'), advanceClock(store));
  control.all('/reset', allowedMethods('POST'), reset(store));
  control.use(answerSandboxError);
  return control;
}

const answerSandboxError: ErrorRequestHandler = (error, _req, res, next) => {
  const status = error instanceof SandboxError ? 400 : isClientMistake(error) ? error.status : undefined;
  if (status === undefined) return next(error);
  res.status(status).json({ error: 'invalid_request', message: error.message });
};
