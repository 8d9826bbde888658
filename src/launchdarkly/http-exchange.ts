import type { Dispatcher } from 'undici';
import { HttpError, toHttpError } from './http-error.ts';

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

/** Sends one request and reads the whole answer within `limitMs`. Throws `HttpError`. */
export function exchange(
  dispatcher: Dispatcher,
  request: HttpRequest,
  limitMs: number,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { origin, pathname, search } = new URL(request.url);
    const handler = new ExchangeHandler(request.signal, limitMs, resolve, reject);
    dispatcher.dispatch(
      {
        origin,
        path: pathname + search,
        method: request.method as Dispatcher.HttpMethod,
        headers: request.headers ?? {},
        body: request.body ?? null,
      },
      handler,
    );
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
  readonly #timer: NodeJS.Timeout;
  #controller: Dispatcher.DispatchController | undefined;
  #failure: HttpError | undefined;
  #status = 0;
  #headers: Record<string, string> = {};
  #chunks: Buffer[] = [];
  #size = 0;

  constructor(
    signal: AbortSignal | undefined,
    limitMs: number,
    resolve: (response: HttpResponse) => void,
    reject: (error: HttpError) => void,
  ) {
    this.#resolve = resolve;
    this.#reject = reject;
    this.#signal = signal;
    this.#timer = setTimeout(() => this.#giveUp('TIMEOUT'), limitMs);
    if (signal?.aborted) this.#giveUp('ABORTED');
    else signal?.addEventListener('abort', this.#onAbort);
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
  }

  onResponseError(_: unknown, error: Error) {
    this.#fail(toHttpError(error, this.#sent));
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
    this.#controller?.abort(error);
    this.#reject(error);
  }

  #release() {
    clearTimeout(this.#timer);
    this.#signal?.removeEventListener('abort', this.#onAbort);
  }
}
