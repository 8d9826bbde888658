import type { HttpResponse } from '../launchdarkly/http/send-request.ts';
import type { Setup } from './check.ts';

const answers = new WeakMap<Setup, Promise<HttpResponse>>();

/**
 * LaunchDarkly's answer to the one question that takes no credentials: its server metadata (RFC 8414). Asked once for
 * a setup, so that a LaunchDarkly out of reach costs one time limit and not one a check. Throws `HttpError`.
 */
export function askMetadata(setup: Setup): Promise<HttpResponse> {
  const asked = answers.get(setup) ?? request(setup);
  answers.set(setup, asked);
  return asked;
}

/** Whether LaunchDarkly, or whatever stands in for it, answers at all. */
export async function canReach(setup: Setup): Promise<boolean> {
  return askMetadata(setup).then(
    () => true,
    () => false,
  );
}

function request({ http, config }: Setup): Promise<HttpResponse> {
  return http.request({
    method: 'GET',
    url: `${config.baseUri}/.well-known/oauth-authorization-server`,
    headers: { accept: 'application/json' },
    retry: false,
  });
}
