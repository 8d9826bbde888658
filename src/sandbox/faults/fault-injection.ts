import { setTimeout as wait } from 'node:timers/promises';
import type { Request, RequestHandler, Response } from 'express';
import { sendPage } from '../http/send-page.ts';
import { failurePage } from '../pages/failure-page.ts';
import type { SandboxStore } from '../store.ts';
import { takeFault } from './active-faults.ts';
import type { Endpoint } from './endpoints.ts';
import { PAGES, REST } from './endpoints.ts';
import type { CannedAnswer, Effect } from './fault-kind.ts';
import type { Fault } from './fault-menu.ts';
import { FAULT_KINDS } from './fault-menu.ts';

/** An endpoint: made for the store that it is to see. */
export type EndpointHandler = (store: SandboxStore) => RequestHandler;

/** The endpoint as the failure menu wants it: itself, or in place of it or around it the fault that was switched on. */
export function withFaults(
  store: SandboxStore,
  name: Endpoint | ((req: Request) => Endpoint),
  endpoint: EndpointHandler,
): RequestHandler {
  const ordinary = endpoint(store);
  return (req, res, next) => {
    const here = typeof name === 'string' ? name : name(req);
    res.locals.endpoint = here;
    const fault = takeFault(store.faults, here, req.method);
    if (!fault) return ordinary(req, res, next);
    res.locals.fault = fault.fault;
    return misbehave(store, { fault, here, endpoint })(req, res, next);
  };
}

function misbehave(
  store: SandboxStore,
  { fault, here, endpoint }: { fault: Fault; here: Endpoint; endpoint: EndpointHandler },
): RequestHandler {
  return async (req, res, next) => {
    const { effect } = FAULT_KINDS[fault.fault];
    const delayMs = fault.delayMs ?? (effect.type === 'delay' ? 3000 : 0);
    if (delayMs > 0) await wait(delayMs, undefined, { ref: false });
    if (res.destroyed || effect.type === 'silence') return;
    if (effect.type === 'answer') return answer(res, here, effect.answer(store.clock.now()));
    if (effect.type === 'cut' && effect.when === 'before') return void res.destroy();
    if (effect.type === 'cut') cutBeforeAnswer(res);
    if (effect.type === 'reshape') reshapeJson(res, effect.reshape);
    return endpoint(storeUnder(store, effect))(req, res, next);
  };
}

function answer(res: Response, here: Endpoint, { status, headers = {}, body }: CannedAnswer): void {
  // A canned answer has the headers it names; the rate-limit headers of the ordinary one would contradict it.
  for (const name of res.getHeaderNames()) if (name.startsWith('x-ratelimit')) res.removeHeader(name);
  res.set(headers);
  if (status === 401) res.set('WWW-Authenticate', challengeOf(here));
  if (PAGES.includes(here)) sendPage(res, status, failurePage(status));
  else if (body === '') res.status(status).end();
  else if (typeof body === 'object') res.status(status).json(body);
  else if (headers['Content-Type']) res.status(status).send(body);
  else res.status(status).type('html').send(body);
}

/** RFC 9110, section 15.5.2: every 401 says how to authenticate. */
function challengeOf(endpoint: Endpoint): string {
  return `${REST.includes(endpoint) ? 'Bearer' : 'Basic'} realm="LaunchDarkly sandbox"`;
}

/** Everything the endpoint does stays done; only its answer never leaves. */
function cutBeforeAnswer(res: Response): void {
  res.end = () => res.destroy();
}

function reshapeJson(res: Response, reshape: (body: Record<string, unknown>) => unknown): void {
  const json = res.json.bind(res);
  res.json = (body) => json(res.statusCode < 300 && typeof body === 'object' ? reshape(body) : body);
}

function storeUnder(store: SandboxStore, effect: Effect): SandboxStore {
  if (effect.type === 'switches') return { ...store, switches: { ...store.switches, ...effect.switches } };
  if (effect.type === 'alterReturn') return { ...store, alterReturn: effect.alter };
  return store;
}
