import type { Dispatcher } from 'undici';
import { HttpError, toHttpError } from './http-error.ts';
import type { Semaphore } from './semaphore.ts';

/** A request as it is to be sent. */
export interface HttpRequest {
  method: string;
  /** Absolute. */
  url: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

/** An answer that was read to its end, at most 4 MB of text. */
export interface HttpResponse {
  status: number;
  /** Names in lower case; repeated headers joined with a comma. */
  headers: Record<string, string>;
  body: string;
}

// The largest honest answer is a list of clients or projects: some hundred kilobytes.
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/** Connections to send requests through. */
export interface Transport {
  readonly dispatcher: Dispatcher;
  /** As many permits as there may be connections. */
  readonly permits: Semaphore;
}

/**
 * Sends one request and reads the whole answer within `limitMs`, waiting for a free connection included. A request
 * that is given up while it waits is never sent. Throws `HttpError`.
 */
export function exchange(
  { dispatcher, permits }: Transport,
  request: HttpRequest,
  limitMs: number,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { origin, pathname, search } = new URL(request.url);
    const options = {
      origin,
      path: pathname + search,
      method: request.method as Dispatcher.HttpMethod,
      headers: request.headers ?? {},
      body: request.body ?? null,
    };
    // They wait here, not in undici: it cannot take back what it was given, and connects even for a request that was
    // given up. A connection is free for the next request a turn of the event loop later.
    const onDone = () => setImmediate(() => permits.release());
    const handler = new ExchangeHandler(request.signal, limitMs, resolve, reject, onDone);
    if (handler.failed) return;
    handler.leaveQueue = permits.acquire(() => dispatcher.dispatch(options, handler));
  });
}

/**
 * Collects the answer straight from the dispatcher: a login is three calls long, and a fetch with its streams costs
 * many times what the call itself does.
 */
class ExchangeHandler implements Dispatcher.DispatchHandler {
  readonly #resolve: (response: HttpResponse) => void;
  readonly #reject: (error: HttpError) => void;
  readonly #signal: AbortSignal | undefined;
  /** Called once undici is done with the request, which may be later than the caller's answer. */
  readonly #onDone: () => void;
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #failure: HttpError | undefined;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #size = 0;
  /** Takes the request out of the queue for a connection. */
  leaveQueue = () => {};

  constructor(
    signal: AbortSignal | undefined,
    limitMs: number,
    resolve: (response: HttpResponse) => void,
    reject: (error: HttpError) => void,
    onDone: () => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#onDone = onDone;
    this.#timer = setTimeout(() => this.#giveUp('TIMEOUT'), limitMs);
    if (signal?.aborted) this.#giveUp('ABORTED');
    else signal?.addEventListener('abort', this.#onAbort);
  }

  get failed(): boolean {
    return this.#failure !== undefined;
  }

  onRequestStart(controller: Dispatcher.DispatchController) {
    if (this.#failure) return controller.abort(this.#failure);
    this.#controller = controller;
  }

  onResponseStart(_: unknown, status: number, headers: Record<string, string | string[] | undefined>) {
    if (status < 200) return;
    this.#status = status;
    for (const name in headers) {
      const value = headers[name];
      if (value !== undefined) this.#headers[name] = typeof value === 'string' ? value : value.join(', ');
    }
  }

  onResponseData(_: unknown, chunk: Buffer) {
    this.#size += chunk.length;
    if (this.#size > MAX_RESPONSE_BYTES) this.#giveUp('RESPONSE_TOO_LARGE');
    else this.#chunks.push(chunk);
  }

  onResponseEnd() {
    this.#release();
    const [first] = this.#chunks;
    const body = this.#chunks.length > 1 ? Buffer.concat(this.#chunks) : first;
    this.#resolve({ status: this.#status, headers: this.#headers, body: body?.toString('utf8') ?? '' });
    this.#onDone();
  }

  onResponseError(_: unknown, error: Error) {
    this.#fail(toHttpError(error, this.#sent));
    this.#onDone();
  }

  get #sent() {
    return this.#controller !== undefined;
  }

  #onAbort = () => this.#giveUp('ABORTED');

  #giveUp(code: string) {
    this.#fail(new HttpError(code, { sent: this.#sent }));
  }

  #fail(error: HttpError) {
    if (this.#failure) return;
    this.#failure = error;
    this.#release();
    this.leaveQueue();
    this.#controller?.abort(error);
    this.#reject(error);
  }

  #release() {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
