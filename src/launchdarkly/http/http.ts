import { setTimeout as sleep } from 'node:timers/promises';
import type { Fetch } from './fetch.ts';
import { createFetch } from './fetch.ts';
import { HttpError } from './http-error.ts';
import { type Outcome, retryWaitMs } from './retry.ts';
import { Semaphore } from './semaphore.ts';
import type { HttpRequest, HttpResponse, Transport } from './send-request.ts';
import { exchange } from './send-request.ts';

/** Connections at the same time. Further requests wait for one, within their time limit. */
const maxConnections = 128;

/** One request and what came of it, as it went over the wire: it holds secrets, so whoever shows it masks them. */
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
  /** Limit for a whole call, retries and waiting included, in milliseconds. Default 10 000. */
  timeoutMs?: number;
  /** `http://proxy.example:3128`. Loopback addresses are always reached directly. */
  httpsProxy?: string;
  /** Comma-separated hosts that are reached directly, as curl understands `NO_PROXY`. */
  noProxy?: string;
  /** Certificates (PEM) trusted besides the public ones. */
  ca?: string;
  /** Sees every exchange, in the caller's async context. */
  observe?: (exchange: HttpExchange) => void;
  userAgent?: string;
}

/** The way out to LaunchDarkly: one pool of kept-alive connections for everything that calls it. */
export interface Http {
  /**
   * Sends a request and reads the answer as text, whatever its status. A GET is repeated when the network fails or
   * the server asks to come back later, as long as `timeoutMs` lasts and `retry` is not false; nothing else is ever
   * sent twice. Redirects are not followed. Throws `HttpError`.
   */
  request(request: HttpRequest & { retry?: boolean }): Promise<HttpResponse>;
  /** The same for openid-client's `customFetch`: no retries, throws `TypeError('fetch failed')` with the cause. */
  fetch: Fetch;
  /**
   * Loads the network code, which takes long and which nothing needs before the first call. A process that serves
   * others calls this once it listens: Node never tries a failed import again. Rejects when it cannot be loaded.
   */
  load(): Promise<void>;
  /** Waits for running requests and closes all connections. */
  close(): Promise<void>;
}

/** Opens the way out to LaunchDarkly. Nothing is connected before the first call; whoever opens it closes it. */
export function createHttp(options: HttpOptions = {}): Http {
  const { timeoutMs = 10_000, observe } = options;
  const userAgent = options.userAgent ?? 'log-in-with-launchdarkly';
  let running = 0;
  let noneRuns = () => {};
  let opening: Promise<Transport> | undefined;

  function open(): Promise<Transport> {
    opening ??= import('./dispatcher.ts').then(({ openDispatcher }) => ({
      dispatcher: openDispatcher(options),
      permits: new Semaphore(maxConnections),
    }));
    return opening;
  }

  async function send(request: HttpRequest, limitMs: number): Promise<HttpResponse> {
    // Without it a server may compress its answer (RFC 9110, section 12.5.3), which nothing here undoes.
    const encoding = { 'accept-encoding': 'identity' };
    const sent = { ...request, headers: { 'user-agent': userAgent, ...encoding, ...request.headers } };
    const through = await open();
    running += 1;
    try {
      if (!observe) return await exchange(through, sent, limitMs);
      const startedAt = Date.now();
      const outcome = await settle(exchange(through, sent, limitMs));
      observe({ request: shown(sent), ...outcome, startedAt, durationMs: Date.now() - startedAt });
      return unwrap(outcome);
    } finally {
      running -= 1;
      if (running === 0) noneRuns();
    }
  }

  async function sendUntilAnswered(request: HttpRequest): Promise<HttpResponse> {
    const deadline = Date.now() + timeoutMs;
    for (let attempt = 1; ; attempt++) {
      const outcome = await settle(send(request, deadline - Date.now()));
      const waitMs = retryWaitMs(outcome, attempt);
      if (waitMs === undefined || Date.now() + waitMs >= deadline) return unwrap(outcome);
      await sleep(waitMs, undefined, request.signal ? { signal: request.signal } : {}).catch(() => {
        throw new HttpError('ABORTED', { sent: true });
      });
    }
  }

  return {
    request({ retry = true, ...request }) {
      return retry && request.method === 'GET' ? sendUntilAnswered(request) : send(request, timeoutMs);
    },
    fetch: createFetch((request) => send(request, timeoutMs)),
    async load() {
      await open();
    },
    async close() {
      const used = await opening;
      if (running > 0) await new Promise<void>((resolve) => (noneRuns = resolve));
      // Not undici's own close, which waits for connections that nobody needs any more.
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

function shown({ method, url, headers, body }: HttpRequest): HttpExchange['request'] {
  return { method, url, headers: headers ?? {}, ...(body === undefined ? {} : { body }) };
}
