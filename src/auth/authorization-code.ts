import { hash, randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import * as client from 'openid-client';
import { isTransient, LoginError } from './login-error.ts';
import { toLoginError } from './oauth-error.ts';
import { readTokenResponses } from './token-response.ts';

/** An OAuth2 authorization server's endpoints: the part of RFC 8414 metadata that a login needs. */
export interface AuthorizationServer {
  readonly issuer: string;
  readonly authorization_endpoint: string;
  readonly token_endpoint: string;
  /** RFC 7009; without one, tokens simply run out. */
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
  /** How the secret travels to the token endpoint: in the body (default) or by HTTP Basic (RFC 6749, section 2.3.1). */
  readonly clientAuth?: 'post' | 'basic';
  /** PKCE with S256 (RFC 7636), default true. */
  readonly pkce?: boolean;
  /** Used for every call to the authorization server; default: Node's own `fetch`. */
  readonly fetch?: client.CustomFetch;
  /** Seconds a call may take, default 10; 0 leaves it to `fetch`. */
  readonly timeoutSeconds?: number;
}

/** What the token endpoint gave (RFC 6749, section 5.1). */
export interface TokenSet {
  readonly accessToken: string;
  readonly refreshToken?: string;
  /** Epoch milliseconds at which the access token ends; undefined when the server does not say. */
  readonly expiresAt?: number;
  /** Space-separated; undefined when it is what was asked for. */
  readonly scope?: string;
}

/** An authorization request on its way to the browser, and what to remember until the response comes. */
export interface AuthorizationRequest {
  readonly url: URL;
  readonly state: string;
  readonly codeVerifier: string;
}

/** The authorization-code grant without Express. Every method that calls the server throws `LoginError`. */
export interface OAuthClient {
  /**
   * RFC 6749, section 4.1.1, with PKCE.
   * @param state has to be impossible to guess.
   */
  buildAuthorizationRequest(state?: string): AuthorizationRequest;
  /**
   * Checks the authorization response and redeems its code (RFC 6749, sections 4.1.2 to 4.1.4).
   * @param query the query string of the callback, with or without `?`.
   */
  exchangeAuthorizationCode(query: string, expected: { state: string; codeVerifier: string }): Promise<TokenSet>;
  /** RFC 6749, section 6. A refresh token that the server does not replace stays in use. */
  refresh(tokens: TokenSet & { refreshToken: string }): Promise<TokenSet>;
  /**
   * RFC 7009: the refresh token first, then the access token, which is tried even when the first call fails. What meets
   * transient trouble is tried once more a second later. Throws when the server did not take both.
   */
  revoke(tokens: TokenSet): Promise<void>;
}

/** Milliseconds until a revocation that met transient trouble is tried once more. */
const revocationRetryDelay = 1_000;

/**
 * Makes the grant for one registered client. Makes no network call: the endpoints are given, not discovered (RFC 8414).
 * Throws `TypeError` when an endpoint is no URL.
 */
export function createOAuthClient(options: OAuthClientOptions): OAuthClient {
  const { redirectUri, scope, pkce = true } = options;
  const configuration = configure(options);

  return {
    buildAuthorizationRequest(state = oneTimeValue()) {
      const codeVerifier = oneTimeValue();
      const challenge = {
        code_challenge: sha256(codeVerifier),
        code_challenge_method: 'S256',
      };
      const parameters = { redirect_uri: redirectUri, scope, state, ...(pkce && challenge) };
      return { url: client.buildAuthorizationUrl(configuration, parameters), state, codeVerifier };
    },

    async exchangeAuthorizationCode(query, { state, codeVerifier }) {
      const response = new URL(`${redirectUri}?${authorizationResponse(query)}`);
      const checks = { expectedState: state, ...(pkce && { pkceCodeVerifier: codeVerifier }) };
      try {
        return toTokenSet(await client.authorizationCodeGrant(configuration, response, checks));
      } catch (error) {
        throw toLoginError(error);
      }
    },

    async refresh(tokens) {
      try {
        const answer = await client.refreshTokenGrant(configuration, tokens.refreshToken);
        return { refreshToken: tokens.refreshToken, ...toTokenSet(answer) };
      } catch (error) {
        throw toLoginError(error);
      }
    },

    async revoke({ accessToken, refreshToken }) {
      if (!options.server.revocation_endpoint) return;
      const failed = await revokeEach([
        ...(refreshToken ? [{ token: refreshToken, hint: 'refresh_token' }] : []),
        { token: accessToken, hint: 'access_token' },
      ]);
      const again = failed.filter(({ error }) => isTransient(error));
      const lasting = failed.filter(({ error }) => !isTransient(error));
      if (again.length > 0) {
        await sleep(revocationRetryDelay);
        lasting.push(...(await revokeEach(again)));
      }
      if (lasting[0]) throw lasting[0].error;
    },
  };

  /** One after the other. Returns those that the server did not take, and why. */
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

/** The endpoints are given, not discovered: no network call is needed to start. */
function configure(options: OAuthClientOptions): client.Configuration {
  const { server, clientId, clientSecret, clientAuth = 'post' } = options;
  const authenticate = clientAuth === 'basic' ? clientSecretBasic : client.ClientSecretPost;
  const configuration = new client.Configuration({ ...server }, clientId, undefined, authenticate(clientSecret));
  configuration.timeout = options.timeoutSeconds ?? 10;
  configuration[client.customFetch] = readTokenResponses(options.fetch ?? (fetch as client.CustomFetch));
  if (isLoopbackHttp(server.token_endpoint)) client.allowInsecureRequests(configuration);
  return configuration;
}

/**
 * HTTP Basic with id and secret form-encoded first (RFC 6749, section 2.3.1). openid-client's own encodes `-._*` too, and
 * servers that do not decode then know no such client; the form encoding of browsers leaves them as they are.
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

/** Plain http never leaves the machine. */
function isLoopbackHttp(endpoint: string): boolean {
  const { protocol, hostname } = new URL(endpoint);
  return protocol === 'http:' && /^(localhost|127(\.\d+){3}|\[::1\])$/.test(hostname);
}

/** 256 random bits: as a code verifier, what RFC 7636, section 4.1 recommends. */
function oneTimeValue(): string {
  return randomBytes(32).toString('base64url');
}

/** What openid-client does with WebCrypto, which sends the few bytes through the thread pool. */
function sha256(text: string): string {
  return hash('sha256', text, 'base64url');
}

const responseParameters = new Set(['code', 'state', 'iss', 'error', 'error_description']);

/** RFC 6749, section 4.1.2: a client ignores the parameters it does not know. RFC 9207 adds `iss`. */
function authorizationResponse(query: string): string {
  const known = [...new URLSearchParams(query)].filter(([name]) => responseParameters.has(name));
  return new URLSearchParams(known).toString();
}

/** Any other type would have to be used in another way (RFC 6749, section 7.1). */
function toTokenSet(answer: client.TokenEndpointResponse): TokenSet {
  if (answer.token_type !== 'bearer') {
    const cause = new Error('The token type is not "bearer", the only one that this client can use.');
    throw new LoginError('provider_nonsense', { cause });
  }
  return {
    accessToken: answer.access_token,
    ...(answer.refresh_token && { refreshToken: answer.refresh_token }),
    ...(answer.expires_in !== undefined && { expiresAt: Date.now() + answer.expires_in * 1000 }),
    ...(answer.scope && { scope: answer.scope }),
  };
}
