import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { TokenSet } from '../../src/auth/authorization-code.ts';
import { Browser } from '../support/browser.ts';
import type { CertifiedServer } from '../support/certified-server.ts';
import { startCertifiedServer } from '../support/certified-server.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { startOAuthClient } from '../support/oauth-client.ts';

// Not a stand-in of ours: an implementation that passed the OpenID Foundation's conformance tests judges our client.
const redirectUri = 'https://app.example/auth/callback';
const clientSecret = 'S+e/c=r$e#t-geheim';
const closing = closeAfterEach();
let server: CertifiedServer;

beforeAll(async () => {
  const client = { client_secret: clientSecret, redirect_uris: [redirectUri, `${redirectUri}/other`] };
  server = await startCertifiedServer([
    { ...client, client_id: 'by-post', token_endpoint_auth_method: 'client_secret_post' },
    { ...client, client_id: 'by:basic', token_endpoint_auth_method: 'client_secret_basic' },
  ]);
});
afterAll(() => server.close());
beforeEach(() => {
  server.consents = true;
});

type Options = Parameters<typeof startOAuthClient>[1];

const clientWith = (options: Options = {}) =>
  closing(startOAuthClient(server.url, { clientId: 'by-post', clientSecret, redirectUri, ...options }));

/** Goes to the authorization server, does what it asks for, and comes back with the query of the callback. */
async function authorize(oauth: ReturnType<typeof startOAuthClient>) {
  const { url, state, codeVerifier } = await oauth.buildAuthorizationRequest();
  const browser = new Browser();
  let page = await browser.request(url.href);
  for (let hops = 0; page.location && !page.location.startsWith(redirectUri); hops++) {
    if (hops === 20) throw new Error(`Redirected 20 times, last to ${page.location}`);
    page = await browser.request(page.location);
  }
  const query = page.location ? new URL(page.location).search : undefined;
  return { query, page, expected: { state, codeVerifier } };
}

async function logIn(oauth: ReturnType<typeof startOAuthClient>): Promise<TokenSet> {
  const { query = '', expected } = await authorize(oauth);
  return oauth.exchangeAuthorizationCode(query, expected);
}

const isAlive = async (tokens: TokenSet) => (await server.provider.AccessToken.find(tokens.accessToken)) !== undefined;

describe('a certified authorization server', () => {
  test.each([
    ['by-post', 'post'],
    ['by:basic', 'basic'],
  ] as const)('logs in a client that authenticates %s', async (clientId, clientAuth) => {
    const before = Date.now();
    const tokens = await logIn(clientWith({ clientId, clientAuth }));
    expect(tokens).toMatchObject({ refreshToken: expect.any(String), scope: 'reader' });
    expect(tokens.expiresAt).toBeGreaterThanOrEqual(before + 3_599_000);
    expect(await server.provider.AccessToken.find(tokens.accessToken)).toMatchObject({
      accountId: 'ariel',
      clientId,
      scope: 'reader',
    });
  });

  test('sends its issuer along, which is checked', async () => {
    const oauth = clientWith();
    const { query = '', expected } = await authorize(oauth);
    expect(new URLSearchParams(query).get('iss')).toBe(server.url);
    const forged = new URLSearchParams(query);
    forged.set('iss', 'https://evil.example');
    await expect(oauth.exchangeAuthorizationCode(`?${forged}`, expected)).rejects.toMatchObject({
      reason: 'response_rejected',
    });
  });

  test('refreshes and rotates, and takes a spent refresh token for a theft', async () => {
    const oauth = clientWith();
    const first = await logIn(oauth);
    const second = await oauth.refresh({ ...first, refreshToken: first.refreshToken ?? '' });
    expect(second.refreshToken).not.toBe(first.refreshToken);
    expect(second.accessToken).not.toBe(first.accessToken);
    expect(await isAlive(second)).toBe(true);
    await expect(oauth.refresh({ ...first, refreshToken: first.refreshToken ?? '' })).rejects.toMatchObject({
      reason: 'code_rejected',
    });
    expect(await isAlive(second)).toBe(false);
  });

  test.each([
    ['by-post', 'post'],
    ['by:basic', 'basic'],
  ] as const)('takes tokens back from a client that authenticates %s', async (clientId, clientAuth) => {
    const oauth = clientWith({ clientId, clientAuth });
    const tokens = await logIn(oauth);
    await oauth.revoke(tokens);
    expect(await isAlive(tokens)).toBe(false);
    await expect(oauth.refresh({ ...tokens, refreshToken: tokens.refreshToken ?? '' })).rejects.toMatchObject({
      reason: 'code_rejected',
    });
  });

  test('takes back what it does not know without complaint', async () => {
    await clientWith().revoke({ accessToken: 'unknown', refreshToken: 'unknown' });
  });

  test('says when the person pressed Cancel', async () => {
    server.consents = false;
    await expect(logIn(clientWith())).rejects.toMatchObject({ reason: 'access_denied' });
  });
});

describe('it refuses', () => {
  test('a request without PKCE', async () => {
    await expect(logIn(clientWith({ pkce: false }))).rejects.toMatchObject({
      reason: 'authorization_failed',
    });
  });

  test('a verifier that is not the one of the challenge', async () => {
    const oauth = clientWith();
    const { query = '', expected } = await authorize(oauth);
    const other = { ...expected, codeVerifier: (await oauth.buildAuthorizationRequest()).codeVerifier };
    await expect(oauth.exchangeAuthorizationCode(query, other)).rejects.toMatchObject({
      reason: 'code_rejected',
    });
  });

  test.each([
    ['by-post', 'post'],
    ['by:basic', 'basic'],
  ] as const)('a wrong secret, sent %s', async (clientId, clientAuth) => {
    const right = clientWith({ clientId, clientAuth });
    const { query = '', expected } = await authorize(right);
    const wrong = clientWith({ clientId, clientAuth, clientSecret: 'wrong-geheim' });
    const error = await wrong.exchangeAuthorizationCode(query, expected).catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'LoginError', reason: 'client_rejected' });
    expect(`${error} ${JSON.stringify(error)}`).not.toContain('geheim');
  });

  test('a client it does not know, on a page of its own', async () => {
    const { query, page } = await authorize(clientWith({ clientId: 'unknown' }));
    expect(query).toBeUndefined();
    expect(page.status).toBe(400);
  });

  test('a redirect URI it does not know, on a page of its own', async () => {
    const { query, page } = await authorize(clientWith({ redirectUri: 'https://evil.example/callback' }));
    expect(query).toBeUndefined();
    expect(page.status).toBe(400);
  });

  test('a code redeemed under another redirect URI', async () => {
    const { query = '', expected } = await authorize(clientWith());
    const other = clientWith({ redirectUri: `${redirectUri}/other` });
    await expect(other.exchangeAuthorizationCode(query, expected)).rejects.toMatchObject({
      reason: 'code_rejected',
    });
  });

  test('a code redeemed by another client', async () => {
    const { query = '', expected } = await authorize(clientWith());
    const other = clientWith({ clientId: 'by:basic', clientAuth: 'basic' });
    await expect(other.exchangeAuthorizationCode(query, expected)).rejects.toMatchObject({
      reason: 'code_rejected',
    });
  });

  test('a code that was redeemed before, and withdraws the tokens it gave for it', async () => {
    const oauth = clientWith();
    const { query = '', expected } = await authorize(oauth);
    const tokens = await oauth.exchangeAuthorizationCode(query, expected);
    expect(await isAlive(tokens)).toBe(true);
    await expect(oauth.exchangeAuthorizationCode(query, expected)).rejects.toMatchObject({
      reason: 'code_rejected',
    });
    expect(await isAlive(tokens)).toBe(false);
  });
});
