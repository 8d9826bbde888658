import type { LoginErrorReason } from '../auth/index.ts';
import { LoginError } from '../auth/index.ts';
import { type ApiErrorReason, LaunchDarklyApiError } from '../launchdarkly/index.ts';

/**
 * Says in the login's words why LaunchDarkly's API did not answer. Anything else that was thrown stays what it is.
 * @param whenUnauthorized what a 401 means for the call that was made.
 */
export function apiFailure(error: unknown, whenUnauthorized: LoginErrorReason): unknown {
  if (!(error instanceof LaunchDarklyApiError)) return error;
  const reason = error.reason === 'unauthorized' ? whenUnauthorized : reasons[error.reason];
  const retryAfterSeconds = error.retryAfterMs === undefined ? undefined : error.retryAfterMs / 1000;
  return new LoginError(reason, { cause: error, retryAfterSeconds });
}

const reasons: Readonly<Record<Exclude<ApiErrorReason, 'unauthorized'>, LoginErrorReason>> = {
  forbidden: 'profile_refused',
  not_found: 'profile_refused',
  conflict: 'provider_nonsense',
  invalid_request: 'provider_nonsense',
  rate_limited: 'provider_rate_limited',
  server_error: 'provider_failed',
  unreachable: 'provider_unreachable',
  timeout: 'provider_timeout',
  unexpected_response: 'provider_nonsense',
};
