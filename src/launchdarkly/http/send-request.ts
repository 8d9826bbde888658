import type { Dispatcher } from 'undici';
import { HttpError, toHttpError } from './http-error.ts';

/** A request to be sent. */
export interface HttpRequest {
  method: string;
  /** Absolute. */
  url: string;
  headers?: Record<string, string>;
  body?: string;
  signal?: AbortSignal;
}

/** A response that was read completely, at most 4 MB of text. */
export interface HttpResponse {
  status: number;
  /** Names in lower case; repeated headers joined with a comma. */
  headers: Record<string, string>;
  body: string;
}

// The largest legitimate response is a list of clients or projects: some hundred kilobytes.
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

/** Connections to send requests through. */
export interface Transport {
  readonly dispatcher: Dispatcher;
  /** As many permits as connections are allowed. */
  readonly permits: Semaphore;
}

/**
 * Sends one request and reads the whole response within `limitMs`, which includes the wait for a free connection. A
 * request that is aborted while it waits is never sent. Throws `HttpError`.
 *
 * The response is collected directly from undici's dispatcher: streams, as `undici.request` and `fetch` make them, cost
 * several times as much CPU as the call itself.
 */
export function sendRequest(
  { dispatcher, permits }: Transport,
  { method, url, headers = {}, body, signal }: HttpRequest,
  limitMs: number,
): Promise<HttpResponse> {
  return new Promise((resolve, reject) => {
    const { origin, pathname, search } = new URL(url);
    const response: HttpResponse = { status: 0, headers: {}, body: '' };
    const chunks: Buffer[] = [];
    let size = 0;
    let controller: Dispatcher.DispatchController | undefined;
    let failure: HttpError | undefined;
    let leaveQueue = () => {};
    // undici can use a connection for the next request one turn of the event loop later.
    const releasePermit = () => setImmediate(() => permits.release());
    const onAbort = () => giveUp('ABORTED');
    const timer = setTimeout(() => giveUp('TIMEOUT'), limitMs);
    if (signal?.aborted) return onAbort();
    signal?.addEventListener('abort', onAbort);

    // Requests wait here and not in undici, which would open a connection even for a request that was aborted.
    leaveQueue = permits.acquire(() =>
      dispatcher.dispatch(
        { origin, path: pathname + search, method: method as Dispatcher.HttpMethod, headers, body: body ?? null },
        {
          onRequestStart(started) {
            if (failure) started.abort(failure);
            else controller = started;
          },
          onResponseStart(_, status, received) {
            if (status < 200) return; // an interim response such as 103
            response.status = status;
            for (const name in received) response.headers[name] = [received[name] ?? []].flat().join(', ');
          },
          onResponseData(_, chunk) {
            size += chunk.length;
            if (size > MAX_RESPONSE_BYTES) giveUp('RESPONSE_TOO_LARGE');
            else chunks.push(chunk);
          },
          onResponseEnd() {
            stopWaiting();
            response.body = Buffer.concat(chunks).toString('utf8');
            resolve(response);
            releasePermit();
          },
          onResponseError(_, error) {
            fail(toHttpError(error, controller !== undefined));
            releasePermit();
          },
        },
      ),
    );

    function giveUp(code: string): void {
      fail(new HttpError(code, { sent: controller !== undefined }));
    }

    function fail(error: HttpError): void {
      if (failure) return;
      failure = error;
      stopWaiting();
      leaveQueue();
      controller?.abort(error);
      reject(error);
    }

    function stopWaiting(): void {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    }
  });
}

/** Limits how many holders work at the same time; the others wait in order of arrival. */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** @param permits how many holders may have a permit at the same time. */
  constructor(permits: number) {
    this.#free = permits;
  }

  /**
   * Calls `start` once a permit is free, which may be at once. Each call of `start` needs one `release()` afterwards.
   * @returns a function that removes `start` from the queue; it does nothing once `start` was called.
   */
  acquire(start: () => void): () => void {
    if (this.#free > 0) {
      this.#free -= 1;
      start();
    } else this.#waiting.add(start);
    return () => this.#waiting.delete(start);
  }

  /** Returns a permit and passes it to the holder that has waited longest, if any. */
  release(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
