import type { HttpRequest, HttpResponse } from './send-request.ts';

/** What openid-client hands to its `customFetch`. */
export interface FetchInit {
  method: string;
  headers: Record<string, string>;
  body?: unknown;
  signal?: AbortSignal;
}

/** The part of the Fetch standard that openid-client needs. Rejects with `TypeError('fetch failed')`, its `cause` an `HttpError`. */
export type Fetch = (url: string, init: FetchInit) => Promise<Response>;

/** A `fetch` for openid-client on top of `send`: small text bodies both ways, redirects left alone. */
export function createFetch(send: (request: HttpRequest) => Promise<HttpResponse>): Fetch {
  return async (url, { method, headers, body, signal }) => {
    try {
      const response = await send({
        method,
        url,
        headers,
        ...(body === undefined || body === null ? {} : { body: String(body) }),
        ...(signal ? { signal } : {}),
      });
      return asResponse(new TextResponse(url, response));
    } catch (cause) {
      throw new TypeError('fetch failed', { cause });
    }
  };
}

/** The part of `Headers` that an OAuth client reads. */
class TextHeaders implements Pick<Headers, 'get' | 'has'> {
  readonly #headers: Record<string, string>;

  /** @param headers names in lower case. */
  constructor(headers: Record<string, string>) {
    this.#headers = headers;
  }

  get(name: string) {
    return this.has(name) ? (this.#headers[name.toLowerCase()] ?? null) : null;
  }

  has(name: string) {
    return Object.hasOwn(this.#headers, name.toLowerCase());
  }
}

/**
 * The part of `Response` that an OAuth client reads. The real one builds a stream, which costs several times the rest
 * of the call.
 */
class TextResponse {
  readonly url: string;
  readonly status: number;
  readonly ok: boolean;
  readonly headers: TextHeaders;
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
    this.headers = new TextHeaders(response.headers);
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
    return parseJson(this.#response.body);
  }
}

function asResponse(response: TextResponse): Response {
  return response as unknown as Response;
}

/** `JSON.parse` quotes the text it could not read, which may hold a token: this says only that it could not. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SyntaxError('The body is not valid JSON');
  }
}
