import * as v from 'valibot';
import { type ApiErrorReason, LaunchDarklyApiError } from './api-error.ts';
import { cleanText } from './clean-text.ts';
import { type Http, parseJson, retryAfterMs } from './http/http.ts';
import { HttpError } from './http/http-error.ts';
import type { HttpResponse } from './http/send-request.ts';

/** The version of the REST API that this code was written for (https://launchdarkly.com/docs/api#versioning). */
export const versionHeader = { 'ld-api-version': '20240415' };

/** Who calls: a member through this app (sent as `Bearer`), or an API access token (sent as it is). */
export type Credential = { readonly accessToken: string } | { readonly apiToken: string };

/** Text of at least one character. */
export const id = v.pipe(v.string(), v.nonEmpty());

/** An optional field: LaunchDarkly leaves it out or sends null. */
export function maybe<T>(schema: v.GenericSchema<unknown, T>) {
  return v.nullish(schema, () => undefined);
}

/** Epoch milliseconds: a number or, as in one of LaunchDarkly's samples, a string of digits. */
export const epochMs = v.union([v.number(), v.pipe(v.string(), v.digits(), v.transform(Number))]);

/** One call to the REST API. */
export interface ApiCall<T> {
  /** LaunchDarkly's name of the operation. */
  readonly operation: string;
  readonly method?: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path and query below the base URI. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The expected shape of a response, and what it is converted to. Unknown fields are ignored. */
  readonly schema: v.GenericSchema<unknown, T>;
}

/** Calls the REST API and converts the response. Throws `LaunchDarklyApiError`. */
export type RestApi = <T>(credential: Credential, call: ApiCall<T>) => Promise<T>;

/**
 * Makes calls to the REST API of one instance, with `LD-API-Version` and JSON bodies (https://launchdarkly.com/docs/api).
 * @param baseUri origin of the instance, without a trailing slash.
 */
export function createRestApi({ baseUri, http }: { baseUri: string; http: Pick<Http, 'request'> }): RestApi {
  return async function callApi(credential, { operation, method = 'GET', path, body, schema }) {
    const sent = body !== undefined && { body: JSON.stringify(body) };
    const headers = headersFor(credential, body);
    const response = await http.request({ method, url: baseUri + path, headers, ...sent }).catch((error) => {
      throw connectionError(operation, error);
    });
    const { status } = response;
    if (status < 200 || status > 299) throw statusError(operation, response, credential);
    // A deletion is answered without a body.
    const result = readResponse(schema, method === 'DELETE' ? response.body || '{}' : response.body);
    if ('value' in result) return result.value;
    const { problem } = result;
    throw new LaunchDarklyApiError({ operation, reason: 'unexpected_response', status, problem });
  };
}

/** Converts a response of the expected shape. A problem names the place, and never the value, which may be a secret. */
function readResponse<T>(schema: v.GenericSchema<unknown, T>, text: string): { value: T } | { problem: string } {
  const json = parseJson(text);
  if (json === undefined) return { problem: 'no JSON' };
  // An array would pass as an object without any fields.
  const result = v.safeParse(schema, Array.isArray(json) ? null : json, { abortEarly: true });
  if (result.success) return { value: result.output };
  return { problem: `unexpected shape at ${v.getDotPath(result.issues[0]) ?? 'the top'}` };
}

function headersFor(credential: Credential, body: unknown): Record<string, string> {
  return {
    accept: 'application/json',
    authorization: 'accessToken' in credential ? `Bearer ${credential.accessToken}` : credential.apiToken,
    ...versionHeader,
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
}

function connectionError(operation: string, error: unknown): LaunchDarklyApiError {
  const { code, sent } = error instanceof HttpError ? error : { code: undefined, sent: true };
  const reason = /^ABORTED$|TIMEDOUT|TIMEOUT/.test(code ?? '') ? 'timeout' : 'unreachable';
  return new LaunchDarklyApiError({
    operation,
    reason: code?.startsWith('RESPONSE_') ? 'unexpected_response' : reason,
    code,
    mayHaveTakenEffect: sent,
    cause: error,
  });
}

/** The status decides: LaunchDarkly's error codes differ between endpoints, and some bodies are empty. */
function statusError(operation: string, response: HttpResponse, credential: Credential): LaunchDarklyApiError {
  const { status } = response;
  return new LaunchDarklyApiError({
    operation,
    reason: reasonForStatus(status),
    status,
    serverMessage: serverMessage(response, credential),
    retryAfterMs: retryAfterMs(response),
    mayHaveTakenEffect: status >= 500 || status < 400,
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

/** LaunchDarkly's `message` and the attributes it refused; undefined when the body is not LaunchDarkly's. */
function serverMessage({ body }: HttpResponse, credential: Credential): string | undefined {
  const { message, errors } = v.parse(errorBody, parseJson(body));
  if (!message) return undefined;
  const refused = errors.map(({ attribute, reason }) => [attribute, reason].filter(Boolean).join(': '));
  const text = [message, ...refused].join('; ');
  const token = 'accessToken' in credential ? credential.accessToken : credential.apiToken;
  return cleanText((token ? text.replaceAll(token, '(the token)') : text).slice(0, 300));
}

const refusal = v.object({ attribute: maybe(v.string()), reason: maybe(v.string()) });

const errorBody = v.fallback(
  v.object({ message: v.fallback(v.string(), ''), errors: v.fallback(v.array(refusal), []) }),
  { message: '', errors: [] },
);
