import type { Request } from 'express';
import type { Auth } from '../auth/index.ts';
import { type LaunchDarkly, LaunchDarklyApiError, type Project } from '../launchdarkly/index.ts';
import { toLoginError } from '../launchdarkly-login/to-login-error.ts';
import { AppError } from './errors.ts';

/**
 * Calls LaunchDarkly with the member's own access token. Throws `LoginError` when nobody is logged in or LaunchDarkly
 * is unavailable, `AppError('api_refused')` when the member may not list projects.
 */
export function createListProjects(
  auth: Pick<Auth, 'withAccessToken'>,
  launchDarkly: Pick<LaunchDarkly, 'listProjects'>,
): (req: Request) => Promise<Project[]> {
  return async function listProjects(req) {
    try {
      return await auth.withAccessToken(req, (accessToken) => launchDarkly.listProjects({ accessToken }));
    } catch (error) {
      if (isRefused(error)) throw new AppError('api_refused', { cause: error });
      throw toLoginError(error, 'login_required');
    }
  };
}

function isRefused(error: unknown): boolean {
  return error instanceof LaunchDarklyApiError && (error.reason === 'forbidden' || error.reason === 'not_found');
}
