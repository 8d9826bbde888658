import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createOAuthClient } from '../../src/auth/authorization-code.ts';
import { LoginError, type LoginErrorReason } from '../../src/auth/index.ts';
import type { Http } from '../../src/launchdarkly/index.ts';
import { createHttp, createLaunchDarkly, LaunchDarklyApiError } from '../../src/launchdarkly/index.ts';
import { createFetchUser } from '../../src/launchdarkly-login/fetch-user.ts';
import { failures } from '../../src/web/failures.ts';
import { read } from '../support/documents.ts';

/** The rows of CONTRIBUTING's table, cell by cell, without backticks. */
const rows = read('.github/CONTRIBUTING.md')
  .split('\n')
  .filter((line) => /^\| (\d{3}|no connection)/.test(line))
  .map((line) =>
    line
      .replaceAll('`', '')
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );

let server: Server;
let base: string;
let http: Http;

/** Answers each path with the status that begins it, and the OAuth error that follows. */
beforeAll(async () => {
  server = createServer((req, res) => {
    const [, status = '', error = ''] = (req.url ?? '').split('/');
    res.writeHead(Number(status), { 'content-type': 'application/json' });
    res.end(JSON.stringify(/^[a-z_]+$/.test(error) && error !== 'api' ? { error } : {}));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  http = createHttp({ timeoutMs: 1500 });
});

afterAll(async () => {
  await http.close();
  server.closeAllConnections();
  server.close();
});

/** The address of a server that fails so. */
const failing = (fact: string) =>
  fact === 'no connection' ? 'http://127.0.0.1:1' : `${base}/${fact.replace(' with ', '/')}`;

/** The reason of the login error that a call rejects with, and its page. */
async function failureOf(call: Promise<unknown>): Promise<{ error: unknown; told: string[] }> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof LoginError)) return { error, told: [String(error)] };
  return { error, told: [error.reason, String(failures[error.reason].status)] };
}

test('the table of CONTRIBUTING has both kinds of calls', () => expect(rows.length).toBeGreaterThan(8));

test.each(rows)('%s at the token endpoint is %s, page %s', async (fact = '', reason = '', page = '') => {
  const url = failing(fact);
  const oauth = createOAuthClient({
    server: { issuer: url, authorization_endpoint: `${url}/a`, token_endpoint: url },
    clientId: 'c',
    clientSecret: 's',
    redirectUri: 'https://app.example/callback',
    scope: 'reader',
    fetch: http.fetch,
  });
  const expected = { state: 's'.repeat(43), codeVerifier: 'v'.repeat(43) };
  const call = oauth.exchangeAuthorizationCode(`code=c&state=${expected.state}`, expected);
  expect((await failureOf(call)).told).toEqual([reason, page]);
});

test.each(rows.filter(([, , , apiError]) => apiError !== '–'))(
  '%s at caller-identity is as the table says',
  async (fact = '', _reason, _page, apiError = '', reason = '', page = '') => {
    const launchDarkly = createLaunchDarkly({ baseUri: failing(fact), http });
    const fetchUser = createFetchUser(launchDarkly, { allowedAccounts: '*', allowedRoles: undefined });
    const { error, told } = await failureOf(fetchUser('token'));
    expect(told).toEqual([reason, page]);
    const { cause } = error as LoginError;
    expect(cause instanceof LaunchDarklyApiError && cause.reason).toBe(apiError);
  },
);

test("a login error's status is that of its page; only a cancelled login is an error to other apps", () => {
  const reasons = Object.keys(failures).filter((code) => !appCodes.has(code)) as LoginErrorReason[];
  const differing = reasons.filter((reason) => new LoginError(reason).status !== failures[reason].status);
  expect(reasons).toContain('provider_failed');
  expect(differing).toEqual(['access_denied']);
  expect(new LoginError('access_denied').status).toBe(403);
});

const appCodes = new Set([
  'not_found',
  'bad_request',
  'rate_limited',
  'redirect_loop',
  'api_refused',
  'session_store_unavailable',
  'internal_error',
]);
