import type { CustomFetch } from 'openid-client';

type JsonObject = Record<string, unknown>;

/**
 * Wraps the `fetch` that openid-client calls the token endpoint with, so that answers are read as RFC 6749 says: a
 * client ignores what it does not know (section 5.1), and the `error` in a body counts whatever the headers say
 * (section 5.2). Calls carry the user agent of `fetch`, as all other calls of the host app do.
 */
export function readTokenResponses(fetch: CustomFetch): CustomFetch {
  return async (url, options) => {
    const { 'user-agent': _, ...headers } = options.headers;
    const response = await fetch(url, { ...options, headers });
    const body = await readObject(response);
    if (!body) return response;
    if (response.status >= 400) return typeof body.error === 'string' ? replaceBody(response, body) : response;
    const known = withoutUnknown(body);
    return Object.keys(known).length === Object.keys(body).length ? response : replaceBody(response, known);
  };
}

async function readObject(response: Response): Promise<JsonObject | undefined> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null ? (body as JsonObject) : undefined;
}

const optional: ReadonlySet<string> = new Set(['expires_in', 'refresh_token', 'scope']);

/**
 * `null` and the empty text are how some servers write that an optional member is absent. This is no OpenID Connect: an
 * `id_token` would be checked against an issuer and a key that nobody gave.
 */
function withoutUnknown(body: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(body).filter(
      ([name, value]) => name !== 'id_token' && !(optional.has(name) && (value === null || value === '')),
    ),
  );
}

/** openid-client would look at `WWW-Authenticate` and at the content type before it reads an `error`. */
function replaceBody({ status, headers }: Response, body: JsonObject): Response {
  const retryAfter = headers.get('retry-after');
  return Response.json(body, {
    status,
    ...(retryAfter !== null && { headers: { 'retry-after': retryAfter } }),
  });
}
