import type { Router } from 'express';
import express from 'express';
import type { SandboxStore } from '../store.ts';
import { getCallerIdentity } from './caller-identity.ts';
import { allowAnyOrigin, apiVersion, overrideMethod } from './conventions.ts';
import { getMember } from './members.ts';
import {
  createOAuth2Client,
  deleteOAuthClient,
  getOAuth2ClientById,
  listOAuth2Clients,
  patchOAuthClient,
} from './oauth-clients.ts';
import { getProjects } from './projects.ts';
import { rateLimit } from './rate-limit.ts';
import { answerRestError, methodNotAllowed, notFound } from './rest-error.ts';

/** The part of LaunchDarkly's REST API that a login needs, under `/api/v2`. Operations carry the names of its OpenAPI document. */
export function restApi(store: SandboxStore): Router {
  const api = express.Router();
  api.use(allowAnyOrigin, overrideMethod, rateLimit(store), apiVersion);
  api
    .route('/oauth/clients')
    .post(createOAuth2Client(store))
    .get(listOAuth2Clients(store))
    .all(() => {
      throw methodNotAllowed();
    });
  api
    .route('/oauth/clients/:clientId')
    .get(getOAuth2ClientById(store))
    .patch(patchOAuthClient(store))
    .delete(deleteOAuthClient(store))
    .all(() => {
      throw methodNotAllowed();
    });
  api.get('/caller-identity', getCallerIdentity(store));
  api.get('/members/:id', getMember(store));
  api.get('/projects', getProjects(store));
  api.use(() => {
    throw notFound();
  });
  api.use(answerRestError);
  return api;
}
