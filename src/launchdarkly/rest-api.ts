import * as v from 'valibot';
import { type ApiErrorReason, LaunchDarklyApiError } from './api-error.ts';
import { cleanText } from './clean-text.ts';
import type { Http } from './http/http.ts';
import { HttpError } from './http/http-error.ts';
import { askedWaitMs } from './http/retry.ts';
import type { HttpResponse } from './http/send-request.ts';
import type { Answer } from './response-schema.ts';
import { maybe, readAnswer, ShapeError } from './response-schema.ts';

/** The version of the REST API that this code was written for (https://launchdarkly.com/docs/api#versioning). */
const apiVersion = '20240415';

/** Who calls: a member through this app (sent as `Bearer`), or an API access token (sent as it is). */
export type Credential = { readonly accessToken: string } | { readonly apiToken: string };

/** One call to the REST API. */
export interface ApiCall<T> {
  /** LaunchDarkly's name of the operation. */
  readonly operation: string;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query below the base URI. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** What the answer must look like. */
  readonly answer: Answer<T>;
}

/** Calls the REST API and reads what comes back. Throws `LaunchDarklyApiError`. */
export type RestApi = <T>(credential: Credential, call: ApiCall<T>) => Promise<T>;

/**
 * Makes calls to the REST API of one instance, with `LD-API-Version` and JSON bodies (https://launchdarkly.com/docs/api).
 * @param baseUri origin of the instance, without a trailing slash.
 */
export function createRestApi({ baseUri, http }: { baseUri: string; http: Pick<Http, 'request'> }): RestApi {
  return async function callApi(credential, { operation, method = 'GET', path, body, answer }) {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await http
      .request({ method, url: baseUri + path, headers: headersFor(credential, body), ...sent })
      .catch((error) => {
        throw connectionError(operation, error);
      });
    const { status } = response;
    if (status < 200 || status > 299) throw statusError(operation, response, credential);
    try {
      // Nothing is said about what was deleted.
      return readAnswer(answer, method === 'DELETE' ? response.body || '{}' : response.body);
    } catch (error) {
      if (!(error instanceof ShapeError)) throw error;
      throw new LaunchDarklyApiError({
        operation,
        reason: 'unexpected_response',
        status,
        flaw: error.message,
      });
    }
  };
}

function tokenOf(credential: Credential): string {
  return 'accessToken' in credential ? credential.accessToken : credential.apiToken;
}

function headersFor(credential: Credential, body: unknown): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: 'accessToken' in credential ? `Bearer ${credential.accessToken}` : credential.apiToken,
    'ld-api-version': apiVersion,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
}

function connectionError(operation: string, error: unknown): LaunchDarklyApiError {
  const { code, sent } = error instanceof HttpError ? error : { code: undefined, sent: true };
  const reason =
    code === 'TIMEOUT' || code === 'ABORTED' || /TIMEDOUT|TIMEOUT/.test(code ?? '') ? 'timeout' : 'unreachable';
  return new LaunchDarklyApiError({
    operation,
    reason: code?.startsWith('RESPONSE_') ? 'unexpected_response' : reason,
    code,
    mayHaveActed: sent,
    cause: error,
  });
}

/** Decided on the status alone: LaunchDarkly's codes differ between endpoints, and some bodies are empty. */
function statusError(operation: string, response: HttpResponse, credential: Credential): LaunchDarklyApiError {
  const { status } = response;
  return new LaunchDarklyApiError({
    operation,
    reason: reasonForStatus(status),
    calledWith: 'accessToken' in credential ? 'access token' : 'api token',
    status,
    serverMessage: serverMessage(response, tokenOf(credential)),
    retryAfterMs: askedWaitMs(response),
    mayHaveActed: status >= 500 || status < 400,
  });
}

function reasonForStatus(status: number): ApiErrorReason {
  const known: Record<number, ApiErrorReason> = {
    400: 'invalid_request',
    401: 'unauthorized',
    403: 'forbidden',
    404: 'not_found',
    408: 'timeout',
    409: 'conflict',
    422: 'invalid_request',
    429: 'rate_limited',
  };
  return known[status] ?? (status >= 500 ? 'server_error' : 'unexpected_response');
}

/** `message`, and which attribute was refused; undefined when the body is not LaunchDarkly's. */
function serverMessage({ body }: HttpResponse, token: string): string | undefined {
  const message = readSafely(spoken, body);
  if (!message) return undefined;
  const details = readSafely(refusals, body) ?? [];
  const said = [message, ...details].join('; ');
  return cleanText((token ? said.replaceAll(token, '(the token)') : said).slice(0, 300));
}

const spoken = v.pipe(
  v.object({ message: v.string() }),
  v.transform(({ message }) => message),
);

const refusal = v.object({ attribute: maybe(v.string()), reason: maybe(v.string()) });

const refusals = v.pipe(
  v.object({ errors: v.array(refusal) }),
  v.transform(({ errors }) => errors.map(({ attribute, reason }) => [attribute, reason].filter(Boolean).join(': '))),
);

function readSafely<T>(answer: Answer<T>, body: string): T | undefined {
  try {
    return readAnswer(answer, body);
  } catch (error) {
    if (error instanceof ShapeError) return undefined;
    throw error;
  }
}
