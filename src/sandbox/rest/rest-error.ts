import type { ErrorRequestHandler } from 'express';
import { isClientMistake } from '../http/client-mistake.ts';

/** A refusal of the REST API, with the body that LaunchDarkly's OpenAPI document shows for it. */
export class RestError extends Error {
  override readonly name = 'RestError';
  readonly status: number;
  readonly code: string;
  /** What is wrong with which attribute, when a body did not validate. */
  readonly errors: AttributeError[] | undefined;

  constructor(status: number, code: string, message: string, errors?: AttributeError[]) {
    super(message);
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** One complaint of a `validation failed` body: which attribute, and why. */
export interface AttributeError {
  attribute: string;
  reason: string;
}

/** 400: the body is no JSON, or not of the documented shape. */
export const invalidRequestBody = () => new RestError(400, 'invalid_request', 'Invalid request body');

/** 400: the body is of the right shape, but these attributes are not acceptable. */
export const validationFailed = (errors: AttributeError[]) =>
  new RestError(400, 'invalid_request', 'validation failed', errors);

/** 401 as observed for no `Authorization` header, and for a raw value that is no token, at most endpoints. */
export const noUsableToken = () => new RestError(401, 'unauthorized', 'Invalid account ID header');

/** The same, as observed at caller-identity. */
export const noUsableTokenAtCallerIdentity = () => new RestError(401, 'unauthorized', 'invalid access token');

/** 401 as documented: something that looks like an API access token, but is none. */
export const invalidAccessToken = () => new RestError(401, 'unauthorized', 'Invalid access token');

/** 401 as observed for `Bearer` with a bad token. */
export const invalidBearerToken = () => new RestError(401, 'invalid_token', 'invalid access token');

/** 403: a good token without the right. */
export const forbidden = () =>
  new RestError(403, 'forbidden', 'Forbidden. Access to the requested resource was denied.');

/** 404: no such resource, or none that the caller may know of. */
export const notFound = () => new RestError(404, 'not_found', 'Invalid resource identifier');

/** 404 with a message of the sandbox's own, so that nobody looks for the mistake in the app. */
export const notFoundBecause = (message: string) => new RestError(404, 'not_found', message);

/** 404: an operation that LaunchDarkly has and the sandbox has not. */
export const notInSandbox = (method: string, path: string) =>
  notFoundBecause(
    `The sandbox has no ${method} ${path}: it stands in for what a login needs. LaunchDarkly may have it.`,
  );

/** 400: a parameter that LaunchDarkly knows and the sandbox would have to ignore. */
export const unsupportedParameter = (name: string) =>
  new RestError(400, 'invalid_request', `The sandbox does not support the parameter "${name}" here.`);

/** 422: a JSON Patch whose `test` does not hold. */
export const patchFailed = () =>
  new RestError(422, 'patch_failed', 'Unprocessable entity. Could not apply patch.');

/** 405: the path exists, the method does not. */
export const methodNotAllowed = () => new RestError(405, 'method_not_allowed', 'Method not allowed');

/** Sends a `RestError`, and what the body parser throws, as LaunchDarkly's REST API does. */
export const answerRestError: ErrorRequestHandler = (error, _req, res, next) => {
  if (res.headersSent) return next(error);
  if (error instanceof RestError) return sendRestError(res, error);
  if (isClientMistake(error))
    return sendRestError(res, { ...invalidRequestBody(), message: error.message, status: error.status });
  next(error);
};

type RestErrorBody = Pick<RestError, 'status' | 'code' | 'message' | 'errors'>;

function sendRestError(
  res: Parameters<ErrorRequestHandler>[2],
  { status, code, message, errors }: RestErrorBody,
): void {
  // RFC 9110, section 15.5.2, and RFC 6750, section 3. Whether LaunchDarkly sends it is not known.
  if (status === 401) res.set('WWW-Authenticate', bearerChallenge(code === 'invalid_token'));
  res.status(status).json({ code, message, ...(errors && { errors }) });
}

function bearerChallenge(badToken: boolean): string {
  return `Bearer realm="LaunchDarkly sandbox"${badToken ? ', error="invalid_token"' : ''}`;
}
