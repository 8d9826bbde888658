import { LoginError, type LoginErrorReason } from '../auth/index.ts';
import { type ApiErrorReason, LaunchDarklyApiError } from '../launchdarkly/index.ts';

/**
 * Turns an error of LaunchDarkly's API into a `LoginError`. Returns any other error unchanged.
 * @param whenUnauthorized the reason that a 401 means for the call that was made.
 */
export function toLoginError(error: unknown, whenUnauthorized: LoginErrorReason): unknown {
  if (!(error instanceof LaunchDarklyApiError)) return error;
  const reason = error.reason === 'unauthorized' ? whenUnauthorized : reasons[error.reason];
  const retryAfterSeconds = error.retryAfterMs === undefined ? undefined : error.retryAfterMs / 1000;
  return new LoginError(reason, { cause: error, retryAfterSeconds });
}

const reasons: Readonly<Record<Exclude<ApiErrorReason, 'unauthorized'>, LoginErrorReason>> = {
  forbidden: 'profile_refused',
  not_found: 'profile_refused',
  conflict: 'provider_invalid_response',
  invalid_request: 'provider_invalid_response',
  rate_limited: 'provider_rate_limited',
  server_error: 'provider_failed',
  unreachable: 'provider_unreachable',
  timeout: 'provider_timeout',
  unexpected_response: 'provider_invalid_response',
};
