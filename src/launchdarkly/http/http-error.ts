import { explainConnection } from './connection-advice.ts';

/**
 * A request that got no usable answer. Carries no header and no body, so it may be logged.
 *
 * `code` is `TIMEOUT`, `ABORTED`, `RESPONSE_TOO_LARGE`, `RESPONSE_NOT_HTTP`, `PROXY_REFUSED`, `PROXY_CLOSED`, or what the
 * network layer said: `ECONNREFUSED`, `ENOTFOUND`, `UND_ERR_SOCKET`, `DEPTH_ZERO_SELF_SIGNED_CERT` and the like, with
 * `PROXY_` in front when it was said of the proxy.
 */
export class HttpError extends Error {
  override readonly name = 'HttpError';
  readonly code: string;
  /** Whether any of the request may have reached the server. */
  readonly sent: boolean;

  constructor(code: string, options: { sent: boolean; cause?: unknown }) {
    super(sentenceFor(code), options.cause === undefined ? {} : { cause: options.cause });
    this.code = code;
    this.sent = options.sent;
  }
}

/** The log shows this sentence where no `LaunchDarklyApiError` says more: when tokens are fetched. */
function sentenceFor(code: string): string {
  if (/^(TIMEOUT|ABORTED|RESPONSE_)/.test(code)) return `The request failed: ${code}.`;
  const { likelyCause, nextStep } = explainConnection(code);
  return `The request failed: ${code}. ${likelyCause} ${nextStep}`;
}

/** The `HttpError` for what undici threw. */
export function toHttpError(error: unknown, sent: boolean): HttpError {
  const { name } = error as { name?: unknown };
  // This one quotes the bytes it could not read.
  if (name === 'HTTPParserError') return new HttpError('RESPONSE_NOT_HTTP', { sent });
  const code = networkCode(error);
  // Whatever is aborted here is aborted with an HttpError; undici's own is a proxy that would not connect.
  return new HttpError(code === 'UND_ERR_ABORTED' ? 'PROXY_REFUSED' : code, { sent, cause: error });
}

/** The code of a network failure, which may hide behind other errors. */
function networkCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'NETWORK_ERROR';
  if ('code' in error && typeof error.code === 'string') return error.code;
  return 'cause' in error ? networkCode(error.cause) : 'NETWORK_ERROR';
}
