import * as v from 'valibot';
import { type ApiErrorReason, LaunchDarklyApiError } from './api-error.ts';
import type { Http } from './http.ts';
import { HttpError } from './http-error.ts';
import type { HttpResponse } from './http-exchange.ts';
import { parseJson } from './http-fetch.ts';
import { askedWaitMs } from './http-retry.ts';

/** The version of the REST API that this code was written for (https://launchdarkly.com/docs/api#versioning). */
const apiVersion = '20240415';

/** Who calls: a member through this app (sent as `Bearer`), or an API access token (sent as it is). */
export type Credential = { readonly accessToken: string } | { readonly apiToken: string };

/** One call to the REST API. */
export interface ApiCall<Schema extends v.GenericSchema> {
  /** LaunchDarkly's name of the operation. */
  readonly operation: string;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query below the base URI. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The status of success, default 200. */
  readonly expect?: number;
  readonly schema: Schema;
}

/** Calls the REST API and checks what comes back. Throws `LaunchDarklyApiError`. */
export type RestApi = <Schema extends v.GenericSchema>(
  credential: Credential,
  call: ApiCall<Schema>,
) => Promise<v.InferOutput<Schema>>;

export function createRestApi({ baseUri, http }: { baseUri: string; http: Pick<Http, 'request'> }): RestApi {
  return async function callApi(credential, { operation, method = 'GET', path, body, expect = 200, schema }) {
    const sent = body === undefined ? {} : { body: JSON.stringify(body) };
    const response = await http
      .request({ method, url: baseUri + path, headers: headersFor(credential, body), ...sent })
      .catch((error) => {
        throw connectionError(operation, error);
      });
    if (response.status !== expect) throw statusError(operation, response);
    const parsed = v.safeParse(schema, readJson(operation, response));
    if (!parsed.success)
      throw unexpected(
        operation,
        response,
        `unexpected shape at ${v.getDotPath(parsed.issues[0]) ?? 'the top'}`,
      );
    return parsed.output;
  };
}

function headersFor(credential: Credential, body: unknown): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: 'accessToken' in credential ? `Bearer ${credential.accessToken}` : credential.apiToken,
    'ld-api-version': apiVersion,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
}

function readJson(operation: string, response: HttpResponse): unknown {
  if (response.body === '') return undefined;
  try {
    return parseJson(response.body);
  } catch {
    throw unexpected(operation, response, 'no JSON');
  }
}

function connectionError(operation: string, error: unknown): LaunchDarklyApiError {
  const { code, sent } = error instanceof HttpError ? error : { code: undefined, sent: true };
  const reason =
    code === 'TIMEOUT' || code === 'ABORTED' || /TIMEDOUT|TIMEOUT/.test(code ?? '')
      ? 'timeout'
      : 'unreachable';
  return new LaunchDarklyApiError({
    operation,
    reason: code?.startsWith('RESPONSE_') ? 'unexpected_response' : reason,
    code,
    mayHaveActed: sent,
    cause: error,
  });
}

/** Decided on the status alone: LaunchDarkly's codes differ between endpoints, and some bodies are empty. */
function statusError(operation: string, response: HttpResponse): LaunchDarklyApiError {
  const { status } = response;
  return new LaunchDarklyApiError({
    operation,
    reason: reasonForStatus(status),
    status,
    serverMessage: serverMessage(response),
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
    409: 'conflict',
    422: 'invalid_request',
    429: 'rate_limited',
  };
  return known[status] ?? (status >= 500 ? 'server_error' : 'unexpected_response');
}

function unexpected(operation: string, { status }: HttpResponse, what: string): LaunchDarklyApiError {
  return new LaunchDarklyApiError({ operation, reason: 'unexpected_response', status, serverMessage: what });
}

const errorBody = v.object({
  message: v.string(),
  errors: v.optional(
    v.array(v.object({ attribute: v.optional(v.string()), reason: v.optional(v.string()) })),
  ),
});

/** `message`, and which attribute was refused; undefined when the body is not LaunchDarkly's. */
function serverMessage({ body }: HttpResponse): string | undefined {
  let parsed: unknown;
  try {
    parsed = parseJson(body);
  } catch {
    return undefined;
  }
  const result = v.safeParse(errorBody, parsed);
  if (!result.success) return undefined;
  const { message, errors = [] } = result.output;
  const details = errors.map(({ attribute, reason }) => [attribute, reason].filter(Boolean).join(': '));
  return [message, ...details]
    .join('; ')
    .replace(/[\p{Cc}\u2028\u2029]+/gu, ' ')
    .slice(0, 300);
}
