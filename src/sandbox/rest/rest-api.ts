import type { RequestHandler, Router } from 'express';
import express from 'express';
import type { EndpointHandler } from '../faults/fault-injection.ts';
import { withFaults } from '../faults/fault-injection.ts';
import type { SandboxStore } from '../store.ts';
import { getCallerIdentity } from './caller-identity.ts';
import { allowAnyOrigin, apiVersion, overrideMethod } from './conventions.ts';
import { getMember } from './members.ts';
import {
  createOAuth2Client,
  deleteOAuthClient,
  getOAuthClientById,
  getOAuthClients,
  patchOAuthClient,
} from './oauth-clients.ts';
import { getProjects } from './projects.ts';
import { rateLimit } from './rate-limit.ts';
import { answerRestError, methodNotAllowed, notFound } from './rest-error.ts';

/** The part of LaunchDarkly's REST API that a login needs, under `/api/v2`. Operations carry the names of its OpenAPI document. */
export function restApi(store: SandboxStore): Router {
  const api = express.Router();
  const clients = (operation: EndpointHandler) => withFaults(store, 'clients', operation);
  api.use(allowAnyOrigin, overrideMethod, rateLimit(store), apiVersion);
  api
    .route('/oauth/clients')
    .post(clients(createOAuth2Client))
    .get(clients(getOAuthClients))
    .all(refuseMethod);
  api
    .route('/oauth/clients/:clientId')
    .get(clients(getOAuthClientById))
    .patch(clients(patchOAuthClient))
    .delete(clients(deleteOAuthClient))
    .all(refuseMethod);
  api
    .route('/caller-identity')
    .get(withFaults(store, 'caller-identity', getCallerIdentity))
    .all(refuseMethod);
  api
    .route('/members/:id')
    .get(withFaults(store, 'members', getMember))
    .all(refuseMethod);
  api
    .route('/projects')
    .get(withFaults(store, 'projects', getProjects))
    .all(refuseMethod);
  api.use(() => {
    throw notFound();
  });
  api.use(answerRestError);
  return api;
}

const refuseMethod: RequestHandler = () => {
  throw methodNotAllowed();
};
