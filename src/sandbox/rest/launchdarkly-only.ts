import type { RequestHandler } from 'express';
import { notInSandbox } from './rest-error.ts';

/** What the paths of LaunchDarkly's REST API begin with, from its OpenAPI document. */
const RESOURCES = new Set(
  `account announcements applications approval-requests auditlog caller-identity code-refs destinations
  engineering-insights flag-links flag-status flag-statuses flags integration-capabilities integration-configurations
  integrations members metrics oauth openapi.json projects public-ip-list roles segments tags teams templates tokens
  usage user-attributes user-search users versions webhooks`.split(/\s+/),
);

/** Refuses what LaunchDarkly has and the sandbox has not, and says which of the two it is. Other paths go on. */
export const refuseLaunchDarklyOnly: RequestHandler = (req, _res, next) => {
  const [, resource = '', rest] = req.path.split('/');
  // A slash at the end belongs to no path of theirs.
  if (RESOURCES.has(resource) && rest !== '' && !req.path.endsWith('/')) {
    throw notInSandbox(req.method, req.originalUrl.split('?')[0] ?? '');
  }
  next();
};
