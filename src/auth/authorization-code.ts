// log-in-with-launchdarkly 0.1.0, MIT License
import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as client from 'openid-client';
import { isTransient, LoginError } from './login-error.ts';
import { toLoginError } from './oauth-error.ts';
import { isHttpsOrAllowed } from './plain-http.ts';

/** An OAuth2 authorization server's endpoints: the part of RFC 8414 metadata that a login needs. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  /** RFC 7009; without one, tokens are never revoked and stay valid until they expire. */
  readonly revocation_endpoint?: string;
}

/** The app as it is registered at the authorization server. */
export interface OAuthClientOptions {
  readonly server: AuthorizationServer;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The registered redirect URI, character for character. */
  readonly redirectUri: string;
  /** Space-separated. */
  readonly scope: string;
  /**
   * Host names at which the server may be reached over plain http, besides `localhost`, the names below it and the loopback
   * addresses: for a sandbox in a container network. Secrets and tokens are not encrypted on the way there.
   */
  readonly plainHttpHosts?: readonly string[] | undefined;
  /** How the secret travels to the token endpoint: in the body (default) or by HTTP Basic (RFC 6749, section 2.3.1). */
  readonly clientAuth?: 'post' | 'basic';
  /** PKCE with S256 (RFC 7636), default true. */
  readonly pkce?: boolean;
  /** Further parameters of the authorization request, e.g. `login_hint`. Those of the grant itself are not accepted. */
  readonly authorizationParameters?: Readonly<Record<string, string>> | undefined;
  /** Used for every call to the authorization server; default: Node's own `fetch`. */
  readonly fetch?: client.CustomFetch;
  /** Seconds a call may take, default 10; 0 leaves it to `fetch`. */
  readonly timeoutSeconds?: number;
}

/** What the token endpoint issued (RFC 6749, section 5.1). */
export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Epoch milliseconds at which the access token expires; undefined when the server does not say. */
  readonly expiresAt?: number;
  /** Space-separated; undefined when it is what was asked for. */
  readonly scope?: string;
}

/** An authorization request, and what to remember until its response arrives. */
export interface AuthorizationRequest {
  readonly url: URL;
  readonly state: string;
  readonly codeVerifier: string;
}

/** The authorization-code grant without Express. Every method that calls the server throws `LoginError`. */
export type OAuthClient = ReturnType<typeof createOAuthClient>;

/** Milliseconds before a revocation that failed in a transient way is tried again. */
const revocationRetryDelay = 1_000;

/**
 * Sets up the grant for one registered client. Makes no network call: the endpoints are given, not discovered (RFC 8414).
 * Throws `TypeError` when an endpoint is not a URL.
 */
export function createOAuthClient(options: OAuthClientOptions) {
  const { redirectUri, scope, pkce = true, authorizationParameters } = options;
  const configuration = configure(options);

  return {
    /**
     * RFC 6749, section 4.1.1, with PKCE.
     * @param state must be impossible to guess; default: 256 random bits.
     */
    buildAuthorizationRequest(state = client.randomState()): AuthorizationRequest {
      const codeVerifier = client.randomPKCECodeVerifier();
      const challenge = {
        code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
        code_challenge_method: 'S256',
      };
      const own = { redirect_uri: redirectUri, scope, state, ...(pkce && challenge) };
      const parameters = { ...authorizationParameters, ...own };
      return { url: client.buildAuthorizationUrl(configuration, parameters), state, codeVerifier };
    },

    /**
     * Checks the authorization response and redeems its code (RFC 6749, sections 4.1.2 to 4.1.4).
     * @param query the query string of the callback, with or without `?`.
     */
    async exchangeAuthorizationCode(
      query: string,
      { state, codeVerifier }: { state: string; codeVerifier: string },
    ): Promise<TokenSet> {
      const response = new URL(`${redirectUri}?${authorizationResponse(query)}`);
      const checks = { expectedState: state, ...(pkce && { pkceCodeVerifier: codeVerifier }) };
      try {
        return toTokenSet(await client.authorizationCodeGrant(configuration, response, checks));
      } catch (error) {
        throw toLoginError(error);
      }
    },

    /** RFC 6749, section 6. When the server issues no new refresh token, the old one stays in use. */
    async refresh({ refreshToken }: TokenSet & { refreshToken: string }): Promise<TokenSet> {
      try {
        return { refreshToken, ...toTokenSet(await client.refreshTokenGrant(configuration, refreshToken)) };
      } catch (error) {
        throw toLoginError(error);
      }
    },

    /**
     * RFC 7009: first the refresh token, then the access token, even when the first call fails. After a transient failure
     * it tries once more, a second later. Throws when the server did not accept both.
     */
    async revoke({ accessToken, refreshToken }: TokenSet): Promise<void> {
      if (!options.server.revocation_endpoint) return;
      const failed = await revokeEach([
        ...(refreshToken ? [{ token: refreshToken, hint: 'refresh_token' }] : []),
        { token: accessToken, hint: 'access_token' },
      ]);
      const transient = failed.filter(({ error }) => isTransient(error));
      const permanent = failed.filter(({ error }) => !isTransient(error));
      if (transient.length > 0) {
        await sleep(revocationRetryDelay);
        permanent.push(...(await revokeEach(transient)));
      }
      if (permanent[0]) throw permanent[0].error;
    },
  };

  /** One after the other. Returns those that the server did not accept, and why. */
  async function revokeEach(tokens: readonly { token: string; hint: string }[]) {
    const failed: { token: string; hint: string; error: LoginError }[] = [];
    for (const { token, hint } of tokens) {
      try {
        await client.tokenRevocation(configuration, token, { token_type_hint: hint });
      } catch (error) {
        failed.push({ token, hint, error: toLoginError(error) });
      }
    }
    return failed;
  }
}

function configure(options: OAuthClientOptions): client.Configuration {
  const { server, clientId, clientSecret, clientAuth = 'post' } = options;
  const authenticate = clientAuth === 'basic' ? clientSecretBasic : client.ClientSecretPost;
  const configuration = new client.Configuration({ ...server }, clientId, undefined, authenticate(clientSecret));
  configuration.timeout = options.timeoutSeconds ?? 10;
  configuration[client.customFetch] = readTokenResponses(options.fetch ?? (fetch as client.CustomFetch));
  const isPlainHttp = new URL(server.token_endpoint).protocol === 'http:';
  if (isPlainHttp && isHttpsOrAllowed(server.token_endpoint, options.plainHttpHosts)) {
    client.allowInsecureRequests(configuration);
  }
  return configuration;
}

/**
 * HTTP Basic with id and secret form-encoded first (RFC 6749, section 2.3.1). openid-client's own also encodes `-._*`,
 * and a server that does not decode then rejects the client. The form encoding of browsers leaves them as they are.
 */
function clientSecretBasic(clientSecret: string): client.ClientAuth {
  return (_server, { client_id }, _body, headers) => {
    const credentials = `${formEncode(client_id)}:${formEncode(clientSecret)}`;
    headers.set('authorization', `Basic ${Buffer.from(credentials).toString('base64')}`);
  };
}

function formEncode(text: string): string {
  return new URLSearchParams([['', text]]).toString().slice('='.length);
}

const responseParameters = new Set(['code', 'state', 'iss', 'error', 'error_description']);

/** RFC 6749, section 4.1.2: a client ignores unknown parameters. RFC 9207 adds `iss`. */
function authorizationResponse(query: string): string {
  const known = [...new URLSearchParams(query)].filter(([name]) => responseParameters.has(name));
  return new URLSearchParams(known).toString();
}

/** Any other token type is used in another way (RFC 6749, section 7.1). */
function toTokenSet(answer: client.TokenEndpointResponse): TokenSet {
  if (answer.token_type !== 'bearer') {
    const cause = new Error('The token type is not "bearer", the only one that this client can use.');
    throw new LoginError('provider_invalid_response', { cause });
  }
  return {
    accessToken: answer.access_token,
    ...(answer.refresh_token && { refreshToken: answer.refresh_token }),
    ...(answer.expires_in !== undefined && { expiresAt: Date.now() + answer.expires_in * 1000 }),
    ...(answer.scope && { scope: answer.scope }),
  };
}

/**
 * Wraps the `fetch` with which openid-client calls the token endpoint, so that answers are read as RFC 6749 says: a client
 * ignores unknown members (section 5.1), and an `error` in the body counts whatever the headers say (section 5.2). Calls
 * carry the user agent of the host app's `fetch`, like its other calls.
 */
function readTokenResponses(fetch: client.CustomFetch): client.CustomFetch {
  return async (url, options) => {
    const { 'user-agent': _, ...headers } = options.headers;
    const response = await fetch(url, { ...options, headers });
    const body = await readObject(response);
    if (!body) return response;
    const { error } = body;
    if (response.status >= 400) return typeof error === 'string' ? replaceBody(response, body) : response;
    const known = withoutUnknown(body);
    return Object.keys(known).length === Object.keys(body).length ? response : replaceBody(response, known);
  };
}

async function readObject(response: Response): Promise<Record<string, unknown> | undefined> {
  const body: unknown = await response
    .clone()
    .json()
    .catch(() => undefined);
  return typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : undefined;
}

/**
 * Some servers write `null` or the empty string for an optional member that is absent. This is not OpenID Connect: an
 * `id_token` would be checked against an issuer and a key that nobody configured.
 */
function withoutUnknown(body: Record<string, unknown>): Record<string, unknown> {
  const isAbsent = ([name, value]: [string, unknown]) =>
    ['expires_in', 'refresh_token', 'scope'].includes(name) && (value === null || value === '');
  return Object.fromEntries(Object.entries(body).filter((member) => member[0] !== 'id_token' && !isAbsent(member)));
}

/** openid-client would check `WWW-Authenticate` and the content type before it reads an `error`. */
function replaceBody({ status, headers }: Response, body: Record<string, unknown>): Response {
  const retryAfter = headers.get('retry-after');
  return Response.json(body, { status, ...(retryAfter !== null && { headers: { 'retry-after': retryAfter } }) });
}
