// log-in-with-launchdarkly 0.1.0, MIT License
import type { LoginErrorReason } from './login-error.ts';
import { LoginError } from './login-error.ts';

/**
 * Turns what openid-client throws into a `LoginError`. It looks at codes, the status and the OAuth `error` (RFC 6749,
 * sections 4.1.2.1 and 5.2), never at the text of a message or the class of an error. Throws the error when a package is
 * missing or broken: that is this app's failure.
 */
export function toLoginError(error: unknown): LoginError {
  if (error instanceof LoginError) return error;
  const facts = readFacts(error);
  if (/^(ERR_)?(MODULE_NOT_FOUND|UNKNOWN_FILE_EXTENSION|PACKAGE_PATH_NOT_EXPORTED)$/.test(facts.connection ?? ''))
    throw error;
  return new LoginError(reasonFor(facts), { cause: error, retryAfterSeconds: facts.retryAfterSeconds });
}

interface Facts {
  /** openid-client's code. */
  code: string | undefined;
  /** The OAuth error code. */
  oauthError: string | undefined;
  /** HTTP status of the token endpoint's answer. */
  status: number | undefined;
  /** The code of a failed connection: the system's, undici's, or that of the host app's own `fetch`. */
  connection: string | undefined;
  retryAfterSeconds: number | undefined;
  /** Whether the error is about an answer of the token endpoint that was read. */
  fromTokenEndpoint: boolean;
}

function reasonFor({ code, oauthError, status, connection, fromTokenEndpoint }: Facts): LoginErrorReason {
  if (code === 'OAUTH_AUTHORIZATION_RESPONSE_ERROR') {
    return oauthError === 'access_denied' ? 'access_denied' : 'authorization_failed';
  }
  if (status === 429) return 'provider_rate_limited';
  if (status === 408) return 'provider_timeout';
  if ((status ?? 0) >= 500 || oauthError === 'server_error' || oauthError === 'temporarily_unavailable')
    return 'provider_failed';
  if (oauthError === 'invalid_grant') return 'code_rejected';
  if (status === 401 || oauthError === 'invalid_client' || oauthError === 'unauthorized_client')
    return 'client_rejected';
  if (status !== undefined && status >= 400) return 'token_request_rejected';
  if (code === 'OAUTH_TIMEOUT' || (connection && /TIMEOUT|TIMEDOUT|ABORT/.test(connection))) return 'provider_timeout';
  if (connection && /^(RESPONSE_|HPE_)/.test(connection)) return 'provider_invalid_response';
  if (connection) return 'provider_unreachable';
  if (code === 'OAUTH_INVALID_RESPONSE' && !fromTokenEndpoint) return 'response_rejected';
  return 'provider_invalid_response';
}

function readFacts(error: unknown): Facts {
  const { code, error: oauthError, status, cause, response } = (error ?? {}) as ErrorShape;
  const answer = response ?? (isResponse(cause) ? cause : undefined);
  return {
    code: typeof code === 'string' ? code : undefined,
    oauthError: typeof oauthError === 'string' ? oauthError : undefined,
    status: status ?? answer?.status,
    connection: connectionCode(error),
    retryAfterSeconds: secondsUntil(answer?.headers.get('retry-after')),
    fromTokenEndpoint: answer !== undefined || holdsBody(cause),
  };
}

interface ErrorShape {
  code?: unknown;
  error?: unknown;
  status?: number;
  cause?: unknown;
  response?: ResponseShape;
}

interface ResponseShape {
  status: number;
  headers: { get(name: string): string | null };
}

function isResponse(value: unknown): value is ResponseShape {
  return typeof value === 'object' && value !== null && 'status' in value && 'headers' in value;
}

/** `Retry-After` is a number of seconds or a date (RFC 9110, section 10.2.3). Undefined when it is neither. */
function secondsUntil(retryAfter: string | null | undefined): number | undefined {
  if (!retryAfter) return undefined;
  const seconds = /^\d+$/.test(retryAfter) ? Number(retryAfter) : (Date.parse(retryAfter) - Date.now()) / 1000;
  return seconds > 0 ? seconds : undefined;
}

/** openid-client puts a token response that it does not accept two causes deep. */
function holdsBody(cause: unknown): boolean {
  const detail = (cause as ErrorShape | undefined)?.cause;
  return typeof detail === 'object' && detail !== null && 'body' in detail;
}

/** `ECONNREFUSED`, `UND_ERR_SOCKET` and the like, wherever it is in the chain of causes. */
function connectionCode(error: unknown): string | undefined {
  for (let at = error, depth = 0; at && depth < 6; at = (at as ErrorShape).cause, depth++) {
    const { code, name } = at as { code?: unknown; name?: unknown };
    if (typeof code === 'string' && !code.startsWith('OAUTH_')) return code;
    if (name === 'TimeoutError' || name === 'AbortError') return 'ABORT_ERR';
  }
  return undefined;
}
