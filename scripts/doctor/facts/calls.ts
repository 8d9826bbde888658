import type { Http } from '../../../src/launchdarkly/index.ts';
import { launchDarklyUrls, parseJson, versionHeader } from '../../../src/launchdarkly/index.ts';

/** How an error says itself: RFC 6749, LaunchDarkly's REST API, other JSON, a page, text, nothing. */
export type Shape = 'rfc' | 'rest' | 'json' | 'html' | 'text' | 'empty';

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly body: string;
  /** The members of a JSON object; none for anything else. */
  readonly json: Readonly<Record<string, unknown>>;
  readonly shape: Shape;
  /** Its error code, if it is one of the published ones. */
  readonly error: string | undefined;
}

export interface ClientCredentials {
  readonly clientId: string;
  readonly clientSecret: string;
}

/** Calls as a probe needs them: any credential, any mistake, and the answer as it came. Rejects with `HttpError`. */
export type Calls = ReturnType<typeof createCalls>;

/** LaunchDarkly's windows are about ten seconds long (https://launchdarkly.com/docs/api#rate-limiting). */
const rateLimitWindowMs = 10_000;

export function createCalls(options: {
  http: Http;
  baseUri: string;
  signal: AbortSignal;
  wait(ms: number): Promise<void>;
}) {
  const urls = launchDarklyUrls(options.baseUri);

  async function send(method: string, url: string, headers: Record<string, string>, body?: string): Promise<Answer> {
    const { http, signal, wait } = options;
    const request = { method, url, headers: { accept: 'application/json', ...headers }, signal, retry: false };
    for (let attempt = 1; ; attempt++) {
      const answer = read(await http.request({ ...request, ...(body !== undefined && { body }) }));
      if (answer.status !== 429 || attempt === 3) return answer;
      await wait(rateLimitWindowMs);
    }
  }

  return {
    urls,

    get(url: string, authorization?: string): Promise<Answer> {
      return send('GET', url, { ...versionHeader, ...(authorization && { authorization }) });
    },

    post(url: string, form: Readonly<Record<string, string>>, authorization?: string): Promise<Answer> {
      const type = { 'content-type': 'application/x-www-form-urlencoded' };
      const headers = { ...type, ...(authorization && { authorization }) };
      return send('POST', url, headers, new URLSearchParams(form).toString());
    },

    /** Whose token it is: the one call that every good token may make. */
    callerIdentity(accessToken: string): Promise<Answer> {
      return this.get(urls.callerIdentity, `Bearer ${accessToken}`);
    },

    /** RFC 6749, section 4.1.1, without a login: what a browser without cookies gets. */
    authorize(parameters: Readonly<Record<string, string>>): Promise<Answer> {
      const url = `${urls.authorization_endpoint}?${new URLSearchParams(parameters)}`;
      return send('GET', url, { accept: 'text/html' });
    },

    /** A request to the token endpoint, with the credentials in its body. */
    token({ clientId, clientSecret }: ClientCredentials, form: Readonly<Record<string, string>>): Promise<Answer> {
      return this.post(urls.token_endpoint, { ...form, client_id: clientId, client_secret: clientSecret });
    },

    /** RFC 7009. */
    revoke({ clientId, clientSecret }: ClientCredentials, token: string): Promise<Answer> {
      return this.post(urls.revocation_endpoint, { token, client_id: clientId, client_secret: clientSecret });
    },
  };
}

function read({ status, headers, body }: Awaited<ReturnType<Http['request']>>): Answer {
  const parsed = parseJson(body);
  const json: Answer['json'] =
    typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed) ? { ...parsed } : {};
  const shape = shapeOf(body, parsed, json);
  const code = shape === 'rfc' ? json.error : json.code;
  return { status, headers, body, json, shape, error: publishedCodes.find((known) => known === code) };
}

function shapeOf(body: string, parsed: unknown, json: Answer['json']): Shape {
  if (body.trim() === '') return 'empty';
  if (typeof json.error === 'string') return 'rfc';
  if (typeof json.code === 'string' && typeof json.message === 'string') return 'rest';
  if (parsed !== undefined) return 'json';
  return body.trimStart().startsWith('<') ? 'html' : 'text';
}

/** RFC 6749, sections 4.1.2.1 and 5.2, RFC 6750, section 3.1, and the examples of LaunchDarkly's OpenAPI document. */
const publishedCodes = [
  ...['invalid_request', 'invalid_client', 'invalid_grant', 'unauthorized_client', 'unsupported_grant_type'],
  ...['invalid_scope', 'access_denied', 'unsupported_response_type', 'server_error', 'temporarily_unavailable'],
  ...['invalid_token', 'insufficient_scope', 'unauthorized', 'forbidden', 'not_found', 'method_not_allowed'],
  ...['optimistic_locking_error', 'patch_failed', 'rate_limited', 'service_unavailable', 'unsupported_token_type'],
];

/** An error code, if it is a published one; `other` for any other. */
export function publishedCode(code: string): string {
  return publishedCodes.find((known) => known === code) ?? 'other';
}
