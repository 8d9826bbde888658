import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { selfSigned } from '../support/certificates.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import type { DoctorWorld } from '../support/doctor.ts';
import { doctorWorld } from '../support/doctor.ts';
import { closedPort, startHttpServer } from '../support/http-server.ts';

const closeAfter = closeAfterEach();
let world: DoctorWorld;
beforeEach(async () => {
  world = await doctorWorld();
});
afterEach(() => world.close());

describe('exactly the line that is concerned complains, and says how to fix it:', () => {
  test.each<[string, RegExp, () => Promise<Record<string, string>>]>([
    ['its name does not resolve', /^DNS: /, async () => ({ LD_BASE_URI: 'https://launchdarkly.invalid' })],
    ['nothing listens there', /^Connection: /, async () => ({ LD_BASE_URI: `http://127.0.0.1:${await closedPort()}` })],
    [
      'the proxy is unavailable',
      /^Proxy: /,
      async () => ({
        LD_BASE_URI: 'https://app.launchdarkly.com',
        HTTPS_PROXY: `http://127.0.0.1:${await closedPort()}`,
      }),
    ],
  ])('LaunchDarkly cannot be reached: %s', async (_, detail, settings) => {
    for (const [name, value] of Object.entries(await settings())) await world.set(name, value);
    const line = await world.expectComplaint('launchdarkly', /LD_BASE_URI|HTTPS_PROXY/);
    expect(line.detail).toMatch(detail);
  });

  test('LaunchDarkly cannot be reached: its certificate is signed by nobody known', async () => {
    const { key, cert } = await selfSigned('localhost');
    const server = closeAfter(await startHttpServer((_, response) => response.end(), { key, cert }));
    await world.set('LD_BASE_URI', server.url);
    const line = await world.expectComplaint('launchdarkly', /NODE_EXTRA_CA_CERTS/);
    expect(line.detail).toMatch(/^TLS: /);
  });

  test.each([
    [-60, 'warn'],
    [3_600, 'failed'],
  ])('the clock is %d s off', async (seconds, status) => {
    const date = new Date(Date.now() - seconds * 1_000).toUTCString();
    world.proxy.fail(/well-known/, { acts: true, answer: (own) => ({ ...own, headers: { ...own.headers, date } }) }, 9);
    expect(await world.expectComplaint('clock', /Set the clock/)).toMatchObject({ status });
  });

  test.each([
    [
      'names another token endpoint',
      (text: string) => text.replace('/trust/oauth/token', '/oauth/token'),
      /LD_BASE_URI/,
    ],
    ['does not know PKCE', (text: string) => text.replace('"S256"', '"plain"'), /LD_OAUTH_PKCE=off/],
    ['is no JSON', () => '<h1>Hotel</h1>', /LD_BASE_URI/],
  ])('the server metadata %s', async (_, change, fix) => {
    const answer = (own: { status: number; body?: string }) => ({
      status: own.status,
      body: change(own.body ?? ''),
    });
    world.proxy.fail(/well-known/, { acts: true, answer }, 9);
    await world.expectComplaint('server-metadata', fix);
  });

  test.each([
    ['is a Reader’s', () => world.readerToken],
    ['is expired or revoked', () => 'api-00000000-0000-4000-8000-000000000000'],
    ['is an SDK key', () => 'sdk-00000000-0000-4000-8000-000000000000'],
  ])('the access token %s', async (_, token) => {
    await world.expectComplaint('access-token', /Admin/, { token: token() });
  });

  test('the client does not exist', async () => {
    await world.options().launchDarkly.deleteOAuth2Client({ apiToken: world.adminToken }, world.clientId());
    await world.expectComplaint('client', /npm run bootstrap/);
  });

  test('the client belongs to an account that may not enter', async () => {
    await world.set('LD_ALLOWED_ACCOUNTS', 'somebody-else');
    await world.expectComplaint('client', /LD_ALLOWED_ACCOUNTS=/);
  });

  test('the client has another redirect URI', async () => {
    const redirectUri = 'https://other.example.test/cb';
    await world
      .options()
      .launchDarkly.patchOAuth2Client({ apiToken: world.adminToken }, world.clientId(), { redirectUri });
    await world.expectComplaint('client-redirect-uri', /npm run bootstrap/);
  });

  test.each(['post', 'basic'])('the client secret is wrong (%s)', async (method) => {
    await world.set('LD_OAUTH_CLIENT_AUTH', method);
    await world.set('LD_OAUTH_CLIENT_SECRET', 'not-the-right-one-at-all');
    await world.expectComplaint('client-secret', /--rotate/);
    await world.expectComplaint('client-secret', /--rotate/, { token: undefined });
  });
});
