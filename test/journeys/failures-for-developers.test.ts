import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { loadAppConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/logging/log.ts';
import { startApp } from '../../src/start-app.ts';
import { Browser, type Page } from '../support/browser.ts';
import { ariel, freePort, startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ env: { LOG_LEVEL: 'warn' } });
});

afterAll(() => app.close());

afterEach(() => app.sandbox.setFaults([]));

/** A failure, how to bring it about, and what a developer should learn of its cause. */
const failures: readonly [code: string, endpoint: string, fault: string, cause: RegExp][] = [
  ['access_denied', 'consent', 'access_denied', /OAuth error access_denied/],
  ['authorization_failed', 'consent', 'temporarily_unavailable', /OAuth error temporarily_unavailable/],
  ['login_unknown', 'consent', 'wrong_state', /request_failed/],
  ['response_rejected', 'consent', 'wrong_iss', /request_failed/],
  ['code_rejected', 'token', 'invalid_grant', /OAuth error invalid_grant/],
  ['token_request_rejected', 'token', 'invalid_request', /OAuth error invalid_request/],
  ['client_rejected', 'token', 'invalid_client', /OAuth error invalid_client/],
  ['profile_refused', 'members', 'http_403', /403/],
  ['identity_mismatch', 'members', 'other_member', /request_failed/],
  ['account_not_allowed', 'caller-identity', 'other_account_id', /request_failed/],
];

test.each(failures)(
  'on this machine %s is logged with its code, and its page says what LaunchDarkly said',
  async (code, endpoint, fault, cause) => {
    app.sandbox.setFaults([{ endpoint, fault, times: 1 } as never]);
    const page = await tryToLogIn(ariel.email);
    expectExplained(page, code);
    expect(textOf(page)).toMatch(cause);
  },
);

test('an invitation that was not accepted is logged, too', async () => {
  expectExplained(await tryToLogIn('penny.pending@acme.example'), 'invitation_pending');
});

test('what the page shows of the log is what the log holds, without a secret', async () => {
  app.sandbox.setFaults([{ endpoint: 'token', fault: 'invalid_grant', times: 1 }]);
  const { body } = await tryToLogIn(ariel.email);
  expect(body).not.toContain(app.clientSecret);
  expect(body).not.toMatch(/sandbox-(code|access|refresh)-/);
  expect(body).toContain('href="/flow"');
});

test('a page that does not exist is no warning', async () => {
  await new Browser().visit(`${app.url}/favicon.ico`);
  expect(app.log().filter(({ code }) => code === 'not_found')).toEqual([]);
});

test('the visitors of a public app read plain words: no OAuth error, no log, no command', async () => {
  const port = await freePort();
  const publicly = { LD_OAUTH_REDIRECT_URI: 'https://app.example.com/auth/callback', TLS: 'proxy', HOST: '127.0.0.1' };
  const env = { ...app.env, ...publicly, PORT: String(port), SESSION_STORE: 'memory:' };
  const far = await startApp(loadAppConfig({ env, envFile: null }), createLogger({ level: 'silent', format: 'json' }));
  try {
    const page = await new Browser().request(`http://127.0.0.1:${port}/auth/callback?code=x&state=y`);
    expect(page.body).toContain('cookies_missing');
    expect(page.body).not.toMatch(/For developers|request_failed|npm run|OAuth error/);
  } finally {
    far.server.closeAllConnections();
    await far.stop();
  }
});

function expectExplained(page: Page, code: string): void {
  const requestId = page.headers.get('x-request-id');
  const line = app.log().find((one) => one.requestId === requestId);
  expect(line).toMatchObject({ event: 'request_failed', code });
  expect(textOf(page)).toContain('For developers');
  expect(textOf(page)).toContain(`request_failed code=${code}`);
  expect(textOf(page)).toContain(`requestId=${requestId} The terminal`);
}

async function tryToLogIn(email: string): Promise<Page> {
  const browser = new Browser();
  const personas = await browser.visit(`${app.url}/auth/login`);
  const consent = await browser.press(personas, email);
  return browser.press(consent, 'Authorize');
}

function textOf({ body }: Page): string {
  return body.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');
}
