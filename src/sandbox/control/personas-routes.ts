import type { RequestHandler } from 'express';
import { queryOf } from '../http/body.ts';
import { sendPage } from '../http/send-page.ts';
import { personasPage } from '../pages/personas-page.ts';
import { changePersona, findMember, listPersonas, revokeAuthorizations } from '../personas.ts';
import type { SandboxStore } from '../store.ts';
import { backTo, isForm, readFields, readObject, wantsPage } from './request-input.ts';

/** `GET /__sandbox/personas`. */
export function showPersonas(store: SandboxStore): RequestHandler {
  return (req, res) => {
    const personas = listPersonas(store);
    if (wantsPage(req)) sendPage(res, 200, personasPage(store, personas, queryOf(req)));
    else res.json({ personas });
  };
}

/** `PATCH /__sandbox/personas/{id or e-mail}` with any of role, customRoles, pendingInvite, verified, removed. */
export function patchPersona(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const persona = changePersona(store, String(req.params.id), readObject(req));
    await store.saved();
    res.json(persona);
  };
}

/** `POST /__sandbox/personas/{id or e-mail}`: the forms of the page. */
export function changePersonaByForm(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const id = String(req.params.id);
    const { role, removed } = readFields(req);
    const changed = changePersona(store, id, {
      ...(role === undefined ? {} : { role }),
      ...(removed === undefined ? {} : { removed: removed === 'true' }),
    });
    await store.saved();
    const done = removed === undefined ? 'role' : changed.removed ? 'removed' : 'put-back';
    backTo(res, '/__sandbox/personas', { done, persona: changed.id });
  };
}

/** `POST /__sandbox/personas/{id or e-mail}/revoke`: every app they authorized loses its tokens. */
export function revokePersona(store: SandboxStore): RequestHandler {
  return async (req, res) => {
    const { id } = findMember(store, String(req.params.id));
    revokeAuthorizations(store, id);
    await store.saved();
    if (isForm(req)) backTo(res, '/__sandbox/personas', { done: 'revoked', persona: id });
    else res.status(204).end();
  };
}
