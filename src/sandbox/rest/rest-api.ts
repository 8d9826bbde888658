import type { RequestHandler, Router } from 'express';
import express from 'express';
import type { Endpoint } from '../faults/endpoints.ts';
import type { EndpointHandler } from '../faults/fault-injection.ts';
import { withFaults } from '../faults/fault-injection.ts';
import type { SandboxStore } from '../store.ts';
import { getAccount } from './account.ts';
import { getCallerIdentity } from './caller-identity.ts';
import { allowAnyOrigin, apiVersion, overrideMethod } from './conventions.ts';
import { refuseLaunchDarklyOnly } from './launchdarkly-only.ts';
import { getMember, getMembers, getTeam } from './members.ts';
import {
  createOAuth2Client,
  deleteOAuthClient,
  getOAuthClientById,
  getOAuthClients,
  patchOAuthClient,
} from './oauth-clients.ts';
import { getProject, getProjects } from './projects.ts';
import { rateLimit } from './rate-limit.ts';
import { answerRestError, methodNotAllowed } from './rest-error.ts';

/** A path with its operations by method, and the methods that LaunchDarkly has there and the sandbox has not. */
interface Resource {
  path: string;
  /** The name in the failure menu; without one it cannot be made to fail. */
  endpoint?: Endpoint;
  operations: Partial<Record<'GET' | 'POST' | 'PATCH' | 'DELETE', EndpointHandler>>;
  launchDarklyOnly?: readonly string[];
}

/** What a login needs of LaunchDarkly's REST API. Operations carry the names of its OpenAPI document. */
const RESOURCES: readonly Resource[] = [
  {
    path: '/oauth/clients',
    endpoint: 'clients',
    operations: { GET: getOAuthClients, POST: createOAuth2Client },
  },
  {
    path: '/oauth/clients/:clientId',
    endpoint: 'clients',
    operations: { GET: getOAuthClientById, PATCH: patchOAuthClient, DELETE: deleteOAuthClient },
  },
  { path: '/caller-identity', endpoint: 'caller-identity', operations: { GET: getCallerIdentity } },
  {
    path: '/members',
    endpoint: 'members',
    operations: { GET: getMembers },
    launchDarklyOnly: ['POST', 'PATCH'],
  },
  {
    path: '/members/:id',
    endpoint: 'members',
    operations: { GET: getMember },
    launchDarklyOnly: ['PATCH', 'DELETE'],
  },
  { path: '/teams/:teamKey', operations: { GET: getTeam }, launchDarklyOnly: ['PATCH', 'DELETE'] },
  {
    path: '/projects',
    endpoint: 'projects',
    operations: { GET: getProjects },
    launchDarklyOnly: ['POST'],
  },
  {
    path: '/projects/:projectKey',
    endpoint: 'projects',
    operations: { GET: getProject },
    launchDarklyOnly: ['PATCH', 'DELETE'],
  },
  { path: '/account', operations: { GET: getAccount } },
];

/** Where the index leads: what can be read without knowing an id. */
const INDEX = ['/account', '/caller-identity', '/members', '/oauth/clients', '/projects'];

/** The part of LaunchDarkly's REST API that a login needs, to be mounted at `/api/v2`. */
export function restApi(store: SandboxStore): Router {
  const api = express.Router({ caseSensitive: true, strict: true });
  api.use(allowAnyOrigin, overrideMethod, rateLimit(store), apiVersion);
  api.get('/', showIndex);
  for (const resource of RESOURCES) api.all(resource.path, serve(store, resource));
  api.use(refuseLaunchDarklyOnly);
  api.use(answerRestError);
  return api;
}

function serve(store: SandboxStore, resource: Resource): RequestHandler {
  const { endpoint, operations, launchDarklyOnly = [] } = resource;
  const handlers = new Map(
    Object.entries(operations).map(([method, operation]) => [
      method,
      endpoint === undefined ? operation(store) : withFaults(store, endpoint, operation),
    ]),
  );
  const allow = [...handlers.keys()].flatMap((method) => (method === 'GET' ? ['GET', 'HEAD'] : [method]));
  return (req, res, next) => {
    const handler = handlers.get(req.method === 'HEAD' ? 'GET' : req.method);
    if (handler) return handler(req, res, next);
    if (launchDarklyOnly.includes(req.method)) return next();
    res.set('Allow', allow.join(', '));
    throw methodNotAllowed();
  };
}

/** `GET /api/v2/`: observed to be an index of links that anybody may read. Its fields here are not LaunchDarkly's. */
const showIndex: RequestHandler = (req, res, next) => {
  if (!req.originalUrl.startsWith('/api/v2/')) return next();
  const links = INDEX.map((path) => [path.slice(1), { href: `/api/v2${path}`, type: 'application/json' }]);
  res.json({ links: { self: { href: '/api/v2/', type: 'application/json' }, ...Object.fromEntries(links) } });
};
