import { describe, expect, test } from '@jest/globals';
import { closeAfterEach } from '../support/close-after-each.ts';
import { json, startHttpServer } from '../support/http-server.ts';
import { startOAuthClient } from '../support/oauth-client.ts';

const closing = closeAfterEach();
const expected = { state: 'the-state', codeVerifier: 'v'.repeat(43) };
const query = '?code=the-code&state=the-state';

type Options = Parameters<typeof startOAuthClient>[1];

/** An authorization server whose token endpoint gives this answer, and our client for it. */
async function granting(answer: object, options: Options = {}) {
  const server = closing(await startHttpServer((_, response) => json(response, 200, answer)));
  const oauth = closing(startOAuthClient(server.url, options));
  const form = () => Object.fromEntries(new URLSearchParams(server.requests.at(-1)?.body));
  return { server, oauth, form };
}

const bearer = { access_token: 'access-1', token_type: 'bearer' };

describe('the authorization request', () => {
  test('asks for a code with state and an S256 challenge', async () => {
    const { oauth, server } = await granting({});
    const { url, state, codeVerifier } = await oauth.buildAuthorizationRequest();
    expect(url.origin + url.pathname).toBe(`${server.url}/trust/oauth/authorize`);
    const challenge = await crypto.subtle.digest('SHA-256', Buffer.from(codeVerifier));
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'code',
      client_id: 'client-1',
      redirect_uri: 'https://app.example/auth/callback',
      scope: 'reader',
      state,
      code_challenge: Buffer.from(challenge).toString('base64url'),
      code_challenge_method: 'S256',
    });
    expect(url.href).not.toContain(codeVerifier);
    expect(url.href).not.toContain('geheim');
  });

  test('is never the same twice, and cannot be guessed', async () => {
    const { oauth } = await granting({});
    const [one, two] = [await oauth.buildAuthorizationRequest(), await oauth.buildAuthorizationRequest()];
    expect(one.state).not.toBe(two.state);
    expect(one.codeVerifier).not.toBe(two.codeVerifier);
    // 256 bits in base64url; RFC 7636 wants 43 characters at least.
    expect(one.state).toMatch(/^[\w-]{43,}$/);
    expect(one.codeVerifier).toMatch(/^[\w-]{43,128}$/);
  });

  test('leaves PKCE out when told so', async () => {
    const { oauth, form } = await granting(bearer, { pkce: false });
    const { url } = await oauth.buildAuthorizationRequest();
    expect([...url.searchParams.keys()]).not.toContain('code_challenge');
    await oauth.exchangeAuthorizationCode(query, expected);
    expect(form()).not.toHaveProperty('code_verifier');
  });
});

describe('the token request', () => {
  test('carries code, verifier, the registered redirect URI and the credentials in the body', async () => {
    const { oauth, server, form } = await granting(bearer);
    await oauth.exchangeAuthorizationCode(query, expected);
    expect(form()).toEqual({
      grant_type: 'authorization_code',
      code: 'the-code',
      code_verifier: expected.codeVerifier,
      redirect_uri: 'https://app.example/auth/callback',
      client_id: 'client-1',
      client_secret: 'geheim',
    });
    expect(server.requests).toEqual([expect.objectContaining({ method: 'POST', path: '/trust/oauth/token' })]);
    expect(server.requests[0]?.headers).toMatchObject({
      accept: 'application/json',
      'content-type': expect.stringMatching(/^application\/x-www-form-urlencoded/),
    });
    expect(server.requests[0]?.headers).not.toHaveProperty('authorization');
  });

  const odd = 'a+b/c=d$e#f:g&h%i j?é';

  test('keeps every character of a secret in the body', async () => {
    const { oauth, form } = await granting(bearer, { clientSecret: odd });
    await oauth.exchangeAuthorizationCode(query, expected);
    expect(form().client_secret).toBe(odd);
  });

  test('keeps every character of id and secret in HTTP Basic, form-encoded as RFC 6749 wants it', async () => {
    const clientId = 'id:with+odd/chars=';
    const { oauth, server, form } = await granting(bearer, {
      clientId,
      clientSecret: odd,
      clientAuth: 'basic',
    });
    await oauth.exchangeAuthorizationCode(query, expected);
    const [scheme, credentials] = server.requests[0]?.headers.authorization?.split(' ') ?? [];
    expect(scheme).toBe('Basic');
    const [id = '', secret = '', ...rest] = Buffer.from(credentials ?? '', 'base64')
      .toString()
      .split(':');
    const decode = (text: string) => new URLSearchParams(`x=${text}`).get('x');
    expect([decode(id), decode(secret), rest]).toEqual([clientId, odd, []]);
    expect(form()).not.toHaveProperty('client_secret');
  });

  test('leaves what needs no encoding alone in HTTP Basic, so that servers which do not decode know the client', async () => {
    const clientId = '50666563-9144-4125-b822-33f308227e45';
    const { oauth, server } = await granting(bearer, {
      clientId,
      clientSecret: 'k3y_a-b.c*d',
      clientAuth: 'basic',
    });
    await oauth.exchangeAuthorizationCode(query, expected);
    const [, credentials = ''] = server.requests[0]?.headers.authorization?.split(' ') ?? [];
    expect(Buffer.from(credentials, 'base64').toString()).toBe(`${clientId}:k3y_a-b.c*d`);
  });

  test('comes from the same user agent as every other call, and asks for no compression', async () => {
    const { oauth, server } = await granting(bearer);
    await oauth.exchangeAuthorizationCode(query, expected);
    expect(server.requests[0]?.headers).toMatchObject({
      'user-agent': 'log-in-with-launchdarkly',
      'accept-encoding': 'identity',
    });
  });

  test('names the redirect URI as it was registered, whatever came back with the code', async () => {
    const { oauth, form } = await granting(bearer);
    await oauth.exchangeAuthorizationCode('code=the-code&state=the-state&extra=1#fragment', expected);
    expect(form()).toMatchObject({ redirect_uri: 'https://app.example/auth/callback', code: 'the-code' });
  });
});

describe('the token response', () => {
  test.each(['bearer', 'Bearer', 'BEARER'])('may call its type %s', async (token_type) => {
    const { oauth } = await granting({ ...bearer, token_type });
    expect(await oauth.exchangeAuthorizationCode(query, expected)).toEqual({ accessToken: 'access-1' });
  });

  test.each([3600, '3600'])('may give its lifetime as %p', async (expires_in) => {
    const { oauth } = await granting({ ...bearer, expires_in, scope: 'reader', refresh_token: 'refresh-1' });
    const before = Date.now();
    const tokens = await oauth.exchangeAuthorizationCode(query, expected);
    expect(tokens).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-1', scope: 'reader' });
    expect(tokens.expiresAt).toBeGreaterThanOrEqual(before + 3_600_000);
    expect(tokens.expiresAt).toBeLessThanOrEqual(Date.now() + 3_600_000);
  });

  test.each([null, ''])('may say %p for an optional member that is absent', async (absent) => {
    const { oauth } = await granting({
      ...bearer,
      expires_in: absent,
      refresh_token: absent,
      scope: absent,
      id_token: absent,
      extra: absent,
    });
    expect(await oauth.exchangeAuthorizationCode(query, expected)).toEqual({ accessToken: 'access-1' });
    expect(await oauth.refresh({ accessToken: 'access-0', refreshToken: 'refresh-0' })).toEqual({
      accessToken: 'access-1',
      refreshToken: 'refresh-0',
    });
  });

  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const old = { iss: 'https://other.example', aud: 'another', sub: 'x', iat: 1, exp: 2 };

  test.each([
    ['junk', 'junk'],
    ['a number', 7],
    ['one of HS256', `${part({ alg: 'HS256' })}.${part(old)}.c2ln`],
    ['one without iat', `${part({ alg: 'RS256' })}.${part({ ...old, iat: undefined })}.c2ln`],
    ['one of another issuer for somebody else, long ago', `${part({ alg: 'RS256' })}.${part(old)}.c2ln`],
  ])('may hold an id_token that nobody asked for: %s', async (_, id_token) => {
    for (const scope of ['reader', 'reader openid']) {
      const { oauth } = await granting({ ...bearer, id_token, expires_in: 60 }, { scope });
      const tokens = { accessToken: 'access-1', expiresAt: expect.any(Number) };
      expect(await oauth.exchangeAuthorizationCode(query, expected)).toEqual(tokens);
      const refreshed = await oauth.refresh({ accessToken: 'access-0', refreshToken: 'refresh-0' });
      expect(refreshed).toMatchObject(tokens);
    }
  });

  test('is read the same through the fetch of Node', async () => {
    const { oauth } = await granting(
      { ...bearer, id_token: 'junk', refresh_token: null },
      { fetch: globalThis.fetch as never, timeoutSeconds: 2 },
    );
    expect(await oauth.exchangeAuthorizationCode(query, expected)).toEqual({ accessToken: 'access-1' });
  });

  test('may leave out lifetime, refresh token and scope, and add what nobody asked for', async () => {
    const { oauth } = await granting({ ...bearer, id_token_hint: 'x', extra: { deep: true } });
    expect(await oauth.exchangeAuthorizationCode(query, expected)).toEqual({ accessToken: 'access-1' });
  });
});

describe('a refresh', () => {
  const tokens = { accessToken: 'access-0', refreshToken: 'refresh-0', scope: 'reader' };

  test('sends the refresh token and takes over everything new', async () => {
    const { oauth, form } = await granting({ ...bearer, refresh_token: 'refresh-1', expires_in: 60 });
    expect(await oauth.refresh(tokens)).toMatchObject({
      accessToken: 'access-1',
      refreshToken: 'refresh-1',
      expiresAt: expect.any(Number),
    });
    expect(form()).toEqual({
      grant_type: 'refresh_token',
      refresh_token: 'refresh-0',
      client_id: 'client-1',
      client_secret: 'geheim',
    });
  });

  test('keeps the refresh token when none comes back', async () => {
    const { oauth } = await granting(bearer);
    expect(await oauth.refresh(tokens)).toMatchObject({ accessToken: 'access-1', refreshToken: 'refresh-0' });
  });
});

describe('revocation', () => {
  test('hands back the refresh token first, then the access token', async () => {
    const { oauth, server } = await granting({});
    await oauth.revoke({ accessToken: 'access-0', refreshToken: 'refresh-0' });
    expect(server.requests.map(({ path, body }) => [path, new URLSearchParams(body).get('token')])).toEqual([
      ['/trust/oauth/revoke', 'refresh-0'],
      ['/trust/oauth/revoke', 'access-0'],
    ]);
  });

  test('makes do with an access token', async () => {
    const { oauth, form } = await granting({});
    await oauth.revoke({ accessToken: 'access-0' });
    expect(form()).toMatchObject({ token: 'access-0', token_type_hint: 'access_token' });
  });

  /** An authorization server that answers revocations with these statuses, the last one again and again. */
  async function revoking(...statuses: number[]) {
    const server = closing(
      await startHttpServer((_, response) => {
        const [status = 200] = statuses.length > 1 ? statuses.splice(0, 1) : statuses;
        response.writeHead(status).end();
      }),
    );
    const revoked = () => server.requests.map(({ body }) => new URLSearchParams(body).get('token'));
    return { oauth: closing(startOAuthClient(server.url)), revoked };
  }
  const both = { accessToken: 'access-0', refreshToken: 'refresh-0' };

  test('of the access token is tried although that of the refresh token failed, which is tried once more', async () => {
    const { oauth, revoked } = await revoking(500, 200);
    await oauth.revoke(both);
    expect(revoked()).toEqual(['refresh-0', 'access-0', 'refresh-0']);
  });

  test('that is refused is not tried again, and says so after both were tried', async () => {
    const { oauth, revoked } = await revoking(400, 200);
    await expect(oauth.revoke(both)).rejects.toMatchObject({ name: 'LoginError' });
    expect(revoked()).toEqual(['refresh-0', 'access-0']);
  });

  test('gives up after the second time', async () => {
    const { oauth, revoked } = await revoking(503);
    await expect(oauth.revoke(both)).rejects.toMatchObject({ reason: 'provider_failed' });
    expect(revoked()).toEqual(['refresh-0', 'access-0', 'refresh-0', 'access-0']);
  });

  test('is left out where there is no endpoint for it', async () => {
    const { server } = await granting({});
    const oauth = closing(
      startOAuthClient(server.url, {
        server: {
          issuer: server.url,
          authorization_endpoint: `${server.url}/trust/oauth/authorize`,
          token_endpoint: `${server.url}/trust/oauth/token`,
        },
      }),
    );
    await oauth.revoke({ accessToken: 'access-0' });
    expect(server.requests).toEqual([]);
  });
});

test('plain http is refused for anything but this machine and hosts that were listed', async () => {
  const asked: string[] = [];
  const fetch = async (url: string) => {
    asked.push(url);
    return Response.json(bearer);
  };
  for (const host of ['launchdarkly.example', '127.0.0.1.example', 'localhost.example', '10.0.0.1']) {
    const oauth = closing(startOAuthClient(`http://${host}`, { fetch }));
    await expect(oauth.exchangeAuthorizationCode(query, expected)).rejects.toMatchObject({
      name: 'LoginError',
    });
  }
  expect(asked).toEqual([]);
  for (const host of ['localhost', 'launchdarkly.localhost', '127.0.0.1', '[::1]']) {
    await closing(startOAuthClient(`http://${host}`, { fetch })).exchangeAuthorizationCode(query, expected);
  }
  expect(asked).toHaveLength(4);
  const listed = closing(startOAuthClient('http://sandbox:4000', { fetch, plainHttpHosts: ['sandbox'] }));
  await listed.exchangeAuthorizationCode(query, expected);
  expect(asked[4]).toBe('http://sandbox:4000/trust/oauth/token');
});
