import type { ServerResponse } from 'node:http';
import { describe, expect, test } from '@jest/globals';
import { LoginError } from '../../src/auth/login-error.ts';
import { toLoginError } from '../../src/auth/oauth-error.ts';
import { selfSigned } from '../support/certificates.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { closedPort, json, startHttpServer, startSocketServer } from '../support/http-server.ts';
import { startOAuthClient } from '../support/oauth-client.ts';
import { everythingIn } from '../support/secrets.ts';

const closing = closeAfterEach();
const expected = { state: 'the-state', codeVerifier: 'v'.repeat(43) };
const query = '?code=code-geheim&state=the-state';

type Options = Parameters<typeof startOAuthClient>[1];

async function exchangeAt(baseUri: string, options: Options = {}, callback = query) {
  const error = await closing(startOAuthClient(baseUri, options))
    .exchangeAuthorizationCode(callback, expected)
    .then(
      () => Promise.reject(new Error('the exchange was meant to fail')),
      (thrown) => thrown,
    );
  expect(error).toMatchObject({ name: 'LoginError', message: error.reason });
  expect(`${error}${JSON.stringify(error)}${messages(error)}`).not.toContain('geheim');
  return error;
}

/** What a log keeps of an error and its causes. */
function messages(error: { message?: unknown; cause?: unknown } | undefined): string {
  return error ? `${error.message} ${messages(error.cause as Error | undefined)}` : '';
}

/** What an exchange fails with at a token endpoint that answers so. */
async function failure(answer: (response: ServerResponse) => unknown, options: Options = {}) {
  const server = closing(await startHttpServer((_, response) => answer(response)));
  const error = await exchangeAt(server.url, options);
  expect(server.requests).toHaveLength(1);
  return error;
}

describe('an authorization response', () => {
  const iss = (value: string) => `${query}&iss=${encodeURIComponent(value)}`;

  test.each([
    ['access_denied', '?error=access_denied&error_description=geheim&state=the-state'],
    ['authorization_failed', '?error=invalid_scope&error_description=geheim&state=the-state'],
    ['authorization_failed', '?error=server_error&state=the-state'],
    ['authorization_failed', '?error=temporarily_unavailable&state=the-state'],
    ['response_rejected', '?error=access_denied&state=other'],
    ['response_rejected', '?error=access_denied'],
    ['response_rejected', '?code=code-geheim&state=other'],
    ['response_rejected', '?code=code-geheim'],
    ['response_rejected', '?state=the-state'],
    ['response_rejected', ''],
    ['response_rejected', '?code=&state=the-state'],
    ['response_rejected', '?code=geheim&code=two&state=the-state'],
    ['response_rejected', '?code=geheim&state=the-state&state=the-state'],
    ['response_rejected', iss('https://evil.example')],
    ['response_rejected', '?response=geheim&state=the-state'],
  ])('is %s when it is %s', async (reason, callback) => {
    const server = closing(await startHttpServer((_, response) => json(response, 500, {})));
    expect(await exchangeAt(server.url, {}, callback)).toMatchObject({ reason });
    expect(server.requests).toEqual([]);
  });

  test('may say who sent it', async () => {
    const server = closing(await startHttpServer((_, response) => json(response, 400, { error: 'invalid_grant' })));
    expect(await exchangeAt(server.url, {}, iss(server.url))).toMatchObject({ reason: 'code_rejected' });
  });
});

describe('a token endpoint', () => {
  const oauthError = (error: string) => ({ error, error_description: 'geheim' });

  test.each([
    ['code_rejected', 400, 'invalid_grant'],
    ['client_rejected', 400, 'invalid_client'],
    ['client_rejected', 401, 'invalid_client'],
    ['client_rejected', 400, 'unauthorized_client'],
    ['client_rejected', 401, 'something_else'],
    ['token_request_rejected', 400, 'invalid_request'],
    ['token_request_rejected', 400, 'invalid_scope'],
    ['token_request_rejected', 400, 'unsupported_grant_type'],
    ['token_request_rejected', 403, 'access_denied'],
    ['provider_failed', 400, 'server_error'],
    ['provider_failed', 400, 'temporarily_unavailable'],
    ['provider_rate_limited', 429, 'slow_down'],
    ['provider_failed', 500, 'server_error'],
    ['provider_failed', 503, 'invalid_grant'],
  ])('is %s when it answers %i %s', async (reason, status, error) => {
    expect(await failure((response) => json(response, status, oauthError(error)))).toMatchObject({ reason });
  });

  test.each(['post', 'basic'] as const)('is client_rejected when it challenges us (%s)', async (clientAuth) => {
    const challenge = { 'www-authenticate': 'Basic realm="oauth"' };
    const error = await failure((response) => json(response, 401, oauthError('invalid_client'), challenge), {
      clientAuth,
    });
    expect(error.reason).toBe('client_rejected');
  });

  test.each([
    ['provider_invalid_response', 200, '<html>geheim</html>', 'text/html'],
    ['provider_invalid_response', 200, '{"access_token":"geheim', 'application/json'],
    ['provider_invalid_response', 200, '', 'application/json'],
    ['provider_invalid_response', 200, '[]', 'application/json'],
    ['provider_invalid_response', 200, '{"refresh_token":"geheim"}', 'application/json'],
    ['provider_invalid_response', 200, '{"access_token":"","token_type":"bearer"}', 'application/json'],
    ['provider_invalid_response', 200, '{"access_token":"geheim"}', 'application/json'],
    ['provider_invalid_response', 200, '{"access_token":"geheim","token_type":"mac"}', 'application/json'],
    [
      'provider_invalid_response',
      200,
      '{"access_token":"geheim","token_type":"bearer","expires_in":"soon"}',
      'application/json',
    ],
    [
      'provider_invalid_response',
      200,
      '{"access_token":"geheim","token_type":"bearer","refresh_token":7}',
      'application/json',
    ],
    ['provider_invalid_response', 302, '', 'text/html'],
    ['token_request_rejected', 404, '<html>geheim</html>', 'text/html'],
    ['token_request_rejected', 400, '{"message":"geheim"}', 'application/json'],
    ['token_request_rejected', 400, '{"code":"invalid_request","message":"Invalid code geheim"}', 'application/json'],
    ['token_request_rejected', 400, '{"error":7}', 'application/json'],
    ['token_request_rejected', 400, '', 'text/plain'],
    ['token_request_rejected', 422, 'invalid_grant', 'text/plain'],
    ['code_rejected', 400, '{"error":"invalid_grant"}', 'text/plain'],
    ['provider_timeout', 408, 'geheim', 'text/plain'],
    ['provider_invalid_response', 200, '{"access_token":"geheim","token_type":"DPoP"}', 'application/json'],
    ['provider_invalid_response', 200, '{"access_token":"geheim","token_type":null}', 'application/json'],
    ['provider_invalid_response', 200, '{"access_token":null,"token_type":"bearer"}', 'application/json'],
    ['client_rejected', 401, '<html>geheim</html>', 'text/html'],
    ['provider_rate_limited', 429, 'geheim', 'text/plain'],
    ['provider_failed', 502, '<html>geheim</html>', 'text/html'],
  ])('is %s when it answers %i %s', async (reason, status, body, contentType) => {
    const error = await failure((response) =>
      response.writeHead(status, { 'content-type': contentType, location: '/elsewhere' }).end(body),
    );
    expect(error.reason).toBe(reason);
  });

  test.each([
    ['code_rejected', 400, 'invalid_grant'],
    ['client_rejected', 400, 'invalid_client'],
    ['token_request_rejected', 400, 'invalid_scope'],
  ])('is %s when a challenge comes with %i %s', async (reason, status, error) => {
    const challenge = { 'www-authenticate': 'Bearer error="invalid_token"' };
    expect(await failure((response) => json(response, status, oauthError(error), challenge))).toMatchObject({
      reason,
    });
  });

  test('is asked again when it says', async () => {
    const limited = async (retryAfter: string) => {
      const headers = { 'retry-after': retryAfter };
      return (await failure((response) => json(response, 429, {}, headers))).retryAfterSeconds;
    };
    expect(await limited('7')).toBe(7);
    expect(await limited(new Date(Date.now() + 60_000).toUTCString())).toBeGreaterThan(55);
    expect(await limited(new Date(0).toUTCString())).toBeUndefined();
    expect(await limited('soon')).toBeUndefined();
    expect(await limited('-3')).toBeUndefined();
    // No longer than an hour: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after has no upper limit.
    expect(await limited('86400')).toBe(3600);
    expect(await limited('9'.repeat(400))).toBe(3600);
    expect(await limited('Fri, 31 Dec 2099 23:59:59 GMT')).toBe(3600);
    const slow = oauthError('slow_down');
    const typed = await failure((response) => json(response, 429, slow, { 'retry-after': '9' }));
    expect(typed.retryAfterSeconds).toBe(9);
  });

  test('is provider_timeout when it never answers', async () => {
    expect(await failure(() => {}, { timeoutMs: 400 })).toMatchObject({ reason: 'provider_timeout' });
  });

  test('is provider_timeout when the body never ends', async () => {
    const error = await failure((response) => response.writeHead(200).write('{'), { timeoutMs: 400 });
    expect(error.reason).toBe('provider_timeout');
  });

  test('is provider_unreachable when nobody listens or the name is unknown', async () => {
    const dead = `http://127.0.0.1:${await closedPort()}`;
    expect(await exchangeAt(dead)).toMatchObject({ reason: 'provider_unreachable' });
    expect(await exchangeAt('https://nowhere.invalid')).toMatchObject({ reason: 'provider_unreachable' });
  });

  test('is provider_unreachable when its certificate is not to be trusted', async () => {
    const tls = await selfSigned('localhost');
    const server = closing(await startHttpServer(() => {}, tls));
    expect(await exchangeAt(server.url)).toMatchObject({ reason: 'provider_unreachable' });
  });

  test.each([
    ['provider_unreachable', 'hangs up', ''],
    ['provider_unreachable', 'cuts its answer', 'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"access_token":"geheim'],
    ['provider_invalid_response', 'speaks no HTTP', 'geheim\r\n'],
  ])('is %s when it %s', async (reason, _, answer) => {
    const server = closing(await startSocketServer((socket) => socket.once('data', () => socket.end(answer))));
    const error = await exchangeAt(server.url);
    expect(error.reason).toBe(reason);
    expect(everythingIn(error)).not.toContain('access_token');
    expect(server.connections()).toBe(1);
  });

  test('is provider_invalid_response when it answers without end', async () => {
    const error = await failure((response) => {
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(error.reason).toBe('provider_invalid_response');
  });
});

describe('a failure of another kind of fetch', () => {
  test('is told apart as well', async () => {
    const dead = `http://127.0.0.1:${await closedPort()}`;
    expect(await exchangeAt(dead, { fetch: globalThis.fetch as never })).toMatchObject({
      reason: 'provider_unreachable',
    });
    const silent = closing(await startHttpServer(() => {}));
    const options = { fetch: globalThis.fetch as never, timeoutSeconds: 0.4 };
    expect(await exchangeAt(silent.url, options)).toMatchObject({ reason: 'provider_timeout' });
  });

  test.each([undefined, null, 'text', 7, new Error('why'), { cause: { cause: {} } }])(
    'is provider_invalid_response when it is %p',
    (thrown) => {
      expect(toLoginError(thrown)).toMatchObject({ name: 'LoginError', reason: 'provider_invalid_response' });
    },
  );

  test('survives a chain of causes that bites its tail', () => {
    const error = new Error('why');
    error.cause = error;
    expect(toLoginError(error).reason).toBe('provider_invalid_response');
  });

  test('stays what it is when it has a reason already', () => {
    const error = new LoginError('access_denied');
    expect(toLoginError(error)).toBe(error);
  });
});

test('the original error is kept as the cause', async () => {
  const error = await failure((response) => json(response, 400, { error: 'invalid_grant' }));
  expect(error.cause).toMatchObject({ error: 'invalid_grant', status: 400 });
});

test('a refresh and a revocation fail in the same words', async () => {
  const server = closing(await startHttpServer((_, response) => json(response, 400, { error: 'invalid_grant' })));
  const oauth = closing(startOAuthClient(server.url));
  const tokens = { accessToken: 'a', refreshToken: 'r' };
  await expect(oauth.refresh(tokens)).rejects.toMatchObject({ reason: 'code_rejected' });
  await expect(oauth.revoke(tokens)).rejects.toMatchObject({ name: 'LoginError' });
  const gone = startOAuthClient(`http://127.0.0.1:${await closedPort()}`);
  await expect(closing(gone).refresh(tokens)).rejects.toMatchObject({ reason: 'provider_unreachable' });
});

test('a package that is missing is no failure of the server: the error is passed on as it is', async () => {
  const missing = Object.assign(new Error("Cannot find package 'undici'"), { code: 'ERR_MODULE_NOT_FOUND' });
  const oauth = closing(startOAuthClient('https://ld.example', { fetch: () => Promise.reject(missing) }));
  const thrown = await oauth.exchangeAuthorizationCode(query, expected).catch((error: unknown) => error);
  expect(thrown).not.toBeInstanceOf(LoginError);
  expect([thrown, (thrown as Error).cause]).toContain(missing);
});
