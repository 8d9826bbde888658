import { setTimeout as sleep } from 'node:timers/promises';
import { HttpError } from './http-error.ts';
import type { HttpRequest, HttpResponse, Transport } from './send-request.ts';
import { Semaphore, sendRequest } from './send-request.ts';

/** Connections at the same time. Further requests wait for one, within their time limit. */
const MAX_CONNECTIONS = 128;

/** One request and its outcome, as sent and received. It contains secrets, so mask them before showing it. */
export interface HttpExchange {
  request: { method: string; url: string; headers: Record<string, string>; body?: string };
  response?: { status: number; headers: Record<string, string>; body: string };
  error?: unknown;
  /** Epoch milliseconds. */
  startedAt: number;
  durationMs: number;
}

/** How LaunchDarkly is reached. */
export interface HttpOptions {
  /** Limit for a whole call including retries and waiting, in milliseconds. Default 10 000. */
  timeoutMs?: number;
  /** `http://proxy.example:3128`. Loopback addresses are always reached directly. */
  httpsProxy?: string;
  /** Comma-separated hosts that are reached directly, in curl's `NO_PROXY` format. */
  noProxy?: string;
  /** Certificates (PEM) trusted in addition to the public ones. */
  ca?: string;
  /** Called with each exchange, in the caller's async context. */
  observe?: (exchange: HttpExchange) => void;
  userAgent?: string;
}

/** An HTTP client with one pool of kept-alive connections, for all calls to LaunchDarkly. */
export interface Http {
  /**
   * Sends a request and reads the response as text, whatever its status. A GET is repeated when the network fails or
   * the server is temporarily unavailable, as long as `timeoutMs` lasts and `retry` is not false; nothing else is ever
   * sent twice. Redirects are not followed. Throws `HttpError`.
   */
  request(request: HttpRequest & { retry?: boolean }): Promise<HttpResponse>;
  /**
   * The same for openid-client's `customFetch`: no retries, throws `TypeError('fetch failed')` with the cause. The response
   * has `status`, `headers`, `text()`, `json()` and `clone()`, and no stream.
   */
  fetch: Fetch;
  /**
   * Loads undici, which is slow and otherwise happens on the first call. A server calls this once it listens, because
   * Node never retries a failed import. Rejects when undici cannot be loaded.
   */
  load(): Promise<void>;
  /** Waits for running requests and closes all connections. */
  close(): Promise<void>;
}

/** The part of the Fetch standard that openid-client needs. */
export type Fetch = (
  url: string,
  init: { method: string; headers: Record<string, string>; body?: unknown; signal?: AbortSignal },
) => Promise<Response>;

/** Creates an HTTP client. Nothing is connected before the first call; call `close` when done. */
export function createHttp(options: HttpOptions = {}): Http {
  const { timeoutMs = 10_000, observe } = options;
  const userAgent = options.userAgent ?? 'log-in-with-launchdarkly';
  let running = 0;
  let onIdle = () => {};
  let opening: Promise<Transport> | undefined;

  function open(): Promise<Transport> {
    opening ??= import('./dispatcher.ts').then(({ openDispatcher }) => ({
      dispatcher: openDispatcher(options),
      permits: new Semaphore(MAX_CONNECTIONS),
    }));
    return opening;
  }

  async function send(request: HttpRequest, limitMs: number): Promise<HttpResponse> {
    // Without it a server may compress its response (RFC 9110, section 12.5.3), which is not supported here.
    const encoding = { 'accept-encoding': 'identity' };
    const headers = { 'user-agent': userAgent, ...encoding, ...request.headers };
    const transport = await open();
    running += 1;
    try {
      const startedAt = Date.now();
      const outcome = await settle(sendRequest(transport, { ...request, headers }, limitMs));
      const { signal, ...shown } = request;
      observe?.({ request: { ...shown, headers }, ...outcome, startedAt, durationMs: Date.now() - startedAt });
      return unwrap(outcome);
    } finally {
      running -= 1;
      if (running === 0) onIdle();
    }
  }

  async function sendWithRetries(request: HttpRequest): Promise<HttpResponse> {
    const deadline = Date.now() + timeoutMs;
    for (let attempt = 1; ; attempt++) {
      const outcome = await settle(send(request, deadline - Date.now()));
      const delayMs = retryDelayMs(outcome, attempt);
      if (delayMs === undefined || Date.now() + delayMs >= deadline) return unwrap(outcome);
      await sleep(delayMs, undefined, request.signal ? { signal: request.signal } : {}).catch(() => {
        throw new HttpError('ABORTED', { sent: true });
      });
    }
  }

  return {
    request({ retry = true, ...request }) {
      return retry && request.method === 'GET' ? sendWithRetries(request) : send(request, timeoutMs);
    },
    async fetch(url, { method, headers, body, signal }) {
      const rest = { ...(body != null && { body: String(body) }), ...(signal && { signal }) };
      try {
        const response = await send({ method, url, headers, ...rest }, timeoutMs);
        return new TextResponse(url, response) as unknown as Response;
      } catch (cause) {
        throw cause instanceof HttpError ? new TypeError('fetch failed', { cause }) : cause;
      }
    },
    async load() {
      await open();
    },
    async close() {
      const used = await opening;
      if (running > 0) await new Promise<void>((resolve) => (onIdle = resolve));
      // undici's `close` would wait for connections that are no longer needed.
      await used?.dispatcher.destroy();
    },
  };
}

async function settle(response: Promise<HttpResponse>): Promise<Outcome> {
  try {
    return { response: await response };
  } catch (error) {
    return { error };
  }
}

function unwrap(outcome: Outcome): HttpResponse {
  if ('error' in outcome) throw outcome.error;
  return outcome.response;
}

/**
 * The part of `Response` that an OAuth client reads. The real one creates a stream, which costs several times as much CPU
 * as the rest of the call.
 */
class TextResponse {
  readonly url: string;
  readonly status: number;
  readonly ok: boolean;
  readonly headers: Headers;
  readonly body = null;
  readonly redirected = false;
  readonly type = 'default';
  readonly statusText = '';
  bodyUsed = false;
  readonly #response: HttpResponse;

  constructor(url: string, response: HttpResponse) {
    this.url = url;
    this.status = response.status;
    this.ok = response.status >= 200 && response.status < 300;
    this.headers = new Headers(response.headers);
    this.#response = response;
  }

  /** On the prototype, where oauth4webapi looks for it. */
  get [Symbol.toStringTag]() {
    return 'Response';
  }

  clone() {
    return new TextResponse(this.url, this.#response);
  }

  async text() {
    this.bodyUsed = true;
    return this.#response.body;
  }

  async json(): Promise<unknown> {
    this.bodyUsed = true;
    const value = parseJson(this.#response.body);
    if (value === undefined) throw new SyntaxError('The body is not valid JSON');
    return value;
  }
}

/** The value of a JSON text; undefined when it is not JSON. `JSON.parse` would quote the text, which may be a secret. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** How one attempt ended. */
type Outcome = { response: HttpResponse } | { error: unknown };

const MAX_ATTEMPTS = 3;
const RETRYABLE_STATUSES = new Set([429, 500, 502, 503, 504]);
/** Our own limits, refusals, certificates, and requests that cannot be sent: these would fail again. */
const NOT_RETRYABLE =
  /^(TIMEOUT|ABORTED|RESPONSE_\w+|PROXY_(REFUSED|CLOSED))$|CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO|UND_ERR_INVALID/;

/**
 * How long to wait before a GET is repeated, in milliseconds, or undefined when a retry would not help. A delay that the
 * server asks for takes precedence; jitter keeps many processes from retrying at the same moment.
 */
export function retryDelayMs(outcome: Outcome, attempt: number): number | undefined {
  if (attempt >= MAX_ATTEMPTS) return undefined;
  const backoffMs = 100 * 2 ** attempt * (0.5 + Math.random() / 2);
  if ('error' in outcome) {
    const { error } = outcome;
    return error instanceof HttpError && !NOT_RETRYABLE.test(error.code) ? backoffMs : undefined;
  }
  if (!RETRYABLE_STATUSES.has(outcome.response.status)) return undefined;
  const requestedMs = retryAfterMs(outcome.response);
  return requestedMs === undefined ? backoffMs : requestedMs + Math.random() * 250;
}

/**
 * When the server accepts another call, in milliseconds from now, never negative: `Retry-After` (seconds or a date,
 * RFC 9110 section 10.2.3), else LaunchDarkly's `X-Ratelimit-Reset` (epoch milliseconds,
 * https://launchdarkly.com/docs/api#rate-limiting). Undefined when the response does not say.
 */
export function retryAfterMs({ headers }: Pick<HttpResponse, 'headers'>, now = Date.now()): number | undefined {
  const at = [
    retryAfterTime(headers['retry-after'], now),
    epoch(headers['x-ratelimit-reset']),
    epoch(headers['x-ratelimit-auth-token-reset']),
  ].find(Number.isFinite);
  return at === undefined ? undefined : Math.max(0, at - now);
}

function retryAfterTime(text = '', now: number): number {
  return /^\s*\d+\s*$/.test(text) ? now + Number(text) * 1000 : Date.parse(text);
}

function epoch(text: string | undefined): number {
  return text ? Number(text) : Number.NaN;
}
