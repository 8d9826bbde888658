import type { ErrorRequestHandler, RequestHandler, Router } from 'express';
import express from 'express';
import { allowedMethods } from '../http/allowed-methods.ts';
import { isClientMistake } from '../http/client-mistake.ts';
import { onlyLoopbackHosts } from '../http/loopback-host.ts';
import { sameOriginChanges } from '../http/same-origin.ts';
import { sendPage } from '../http/send-page.ts';
import { refusedFormPage } from '../pages/refused-request-page.ts';
import { SandboxError } from '../sandbox-error.ts';
import { SEED_JSON_SCHEMA } from '../seed-schema.ts';
import type { SandboxStore } from '../store.ts';
import type { Tenants } from '../tenants.ts';
import { advanceClock } from './clock-routes.ts';
import { askFirst } from './confirm-route.ts';
import { changeFaults, replaceFaults, showFaults } from './faults-routes.ts';
import { clearLedger, downloadHar, showLedger } from './ledger-routes.ts';
import { changePersonaByForm, patchPersona, revokePersona, showPersonas } from './personas-routes.ts';
import { applyPreset } from './presets-routes.ts';
import { isForm, wantsPage } from './request-input.ts';
import { reset } from './reset-routes.ts';
import { forgetSessions, showState } from './state-routes.ts';
import { patchSwitches, setSwitches, showSwitches } from './switches-routes.ts';
import { tenantRoutes } from './tenants-routes.ts';

/**
 * The sandbox's own controls, under `/__sandbox`. For this machine's programs, and for its own pages: never for another
 * web site, neither by a forged form nor by a name that points here.
 */
export function controlApi(store: SandboxStore, tenants?: Tenants): Router {
  const control = express.Router({ caseSensitive: true, strict: true });
  control.use(onlyLoopbackHosts, sameOriginChanges);
  control.route('/ledger').get(showLedger(store)).delete(clearLedger(store)).post(clearLedger(store));
  control.route('/faults').get(showFaults(store)).put(replaceFaults(store)).post(changeFaults(store));
  control.get('/personas', showPersonas(store));
  control.route('/personas/:id').patch(patchPersona(store)).post(changePersonaByForm(store));
  control.post('/personas/:id/revoke', revokePersona(store));
  control.route('/switches').get(showSwitches(store)).patch(patchSwitches(store)).post(setSwitches(store));
  control.get('/ledger.har', downloadHar(store));
  control.get('/seed.schema.json', (_req, res) => void res.json(SEED_JSON_SCHEMA));
  if (tenants) control.use(tenantRoutes(tenants));
  control.get('/state', showState(store));
  control.route('/sessions').delete(forgetSessions(store)).post(forgetSessions(store));
  control.get('/confirm', askFirst(store));
  control.post('/presets', applyPreset(store));
  control.all('/clock', allowedMethods('POST'), advanceClock(store));
  control.all('/reset', allowedMethods('POST'), reset(store));
  control.use(refuseUnknownPath, answerSandboxError);
  return control;
}

/** Programs hear what they mistyped; browsers get the page of the rest of the sandbox. */
const refuseUnknownPath: RequestHandler = (req, res, next) => {
  if (wantsPage(req)) return next();
  const message = `There is no ${req.method} ${req.originalUrl.split('?')[0]}.`;
  res.status(404).json({ error: 'not_found', message });
};

const answerSandboxError: ErrorRequestHandler = (error, req, res, next) => {
  const status = error instanceof SandboxError ? 400 : isClientMistake(error) ? error.status : undefined;
  if (status === undefined) return next(error);
  if (isForm(req) && wantsPage(req)) return sendPage(res, status, refusedFormPage(error.message));
  res.status(status).json({ error: 'invalid_request', message: error.message });
};
