import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Endpoint } from '../../src/sandbox/faults/endpoints.ts';
import type { FaultName } from '../../src/sandbox/faults/fault-menu.ts';
import { FAULT_NAMES } from '../../src/sandbox/faults/fault-menu.ts';
import type { Browser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn, startTestApp } from '../support/test-app.ts';
import { until } from '../support/until.ts';
import { api, bodyOf, withSandbox } from './support.ts';

/** What the app's user sees when LaunchDarkly fails in each of the ways that the menu has. */
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
beforeEach(() => app.sandbox.reset({ keepClients: true }));
afterAll(() => app.close());

/** Where it fails, and what the user then sees: the app's status and error code, or their own name. */
type Seen = readonly [at: Endpoint, status: number, code: string] | readonly [at: Endpoint, 'logged in'];

const FAILED = [502, 'provider_failed'] as const;
const UNREACHABLE = [502, 'provider_unreachable'] as const;
const NONSENSE = [502, 'provider_invalid_response'] as const;
const TOKEN_REQUEST_REFUSED = [502, 'token_request_rejected'] as const;
const WAIT = [503, 'provider_rate_limited'] as const;
const TOKEN_REFUSED = [502, 'token_rejected'] as const;
const PROFILE_REFUSED = [403, 'profile_refused'] as const;

const DURING_LOGIN = {
  slow: ['token', 'logged in'],
  connection_dropped: ['token', ...UNREACHABLE],
  answer_lost: ['token', ...UNREACHABLE],
  http_500: ['token', ...FAILED],
  http_503: ['members', ...FAILED],
  html_502: ['token', ...FAILED],
  html_200: ['token', ...NONSENSE],
  broken_json: ['members', ...NONSENSE],
  empty_200: ['caller-identity', ...NONSENSE],
  other_json: ['members', ...NONSENSE],
  rate_limited: ['token', ...WAIT],
  rate_limited_retry_after: ['token', ...WAIT],
  rate_limited_token: ['token', ...WAIT],
  rate_limited_past_reset: ['members', ...WAIT],
  rate_limited_no_headers: ['members', ...WAIT],
  access_denied: ['consent', 200, 'access_denied'],
  server_error: ['consent', 400, 'authorization_failed'],
  temporarily_unavailable: ['consent', 400, 'authorization_failed'],
  expired_code: ['consent', 400, 'code_rejected'],
  wrong_iss: ['consent', 400, 'response_rejected'],
  wrong_state: ['consent', 400, 'login_unknown'],
  no_state: ['consent', 400, 'login_unknown'],
  no_code: ['consent', 400, 'response_rejected'],
  invalid_grant: ['token', 400, 'code_rejected'],
  invalid_client: ['token', 502, 'client_rejected'],
  invalid_request: ['token', ...TOKEN_REQUEST_REFUSED],
  plain_text_error: ['token', ...TOKEN_REQUEST_REFUSED],
  narrowed_scope: ['token', 'logged in'],
  empty_scope: ['token', ...PROFILE_REFUSED],
  no_refresh_token: ['token', 'logged in'],
  short_lifetimes: ['token', 'logged in'],
  no_expires_in: ['token', 'logged in'],
  no_scope: ['token', 'logged in'],
  no_access_token: ['token', ...NONSENSE],
  wrong_token_type: ['token', ...NONSENSE],
  capital_bearer: ['token', 'logged in'],
  http_400: ['caller-identity', ...NONSENSE],
  http_401_no_token: ['caller-identity', ...TOKEN_REFUSED],
  http_401_empty: ['caller-identity', ...TOKEN_REFUSED],
  revoked_token: ['caller-identity', ...TOKEN_REFUSED],
  http_403: ['members', ...PROFILE_REFUSED],
  http_404: ['members', ...PROFILE_REFUSED],
  http_405: ['caller-identity', ...NONSENSE],
  http_409: ['caller-identity', ...NONSENSE],
  http_422: ['caller-identity', ...NONSENSE],
  no_account_id: ['caller-identity', ...PROFILE_REFUSED],
  no_member_id: ['caller-identity', 'logged in'],
  other_account_id: ['caller-identity', 403, 'account_not_allowed'],
  no_email: ['members', ...NONSENSE],
  other_member: ['members', 403, 'identity_mismatch'],
} as const satisfies Partial<Record<FaultName, Seen>>;

/** What `npm run bootstrap` says, which is the user of the clients API, and how many clients there are afterwards. */
const AT_REGISTRATION = {
  no_client_secret: { exitCode: 1, says: /did not show its secret[\s\S]*deleted again/, clients: 0 },
  text_creation_date: { exitCode: 0, says: /Registered/, clients: 1 },
  foreign_next_link: { exitCode: 1, says: /leaves LaunchDarkly/, clients: 0 },
  endless_pages: { exitCode: 1, says: /do not end/, clients: 0 },
} as const satisfies Partial<Record<FaultName, object>>;

/** Seen elsewhere: an answer that never comes, in a file of its own, and what concerns only who is inside already. */
const ELSEWHERE: readonly FaultName[] = ['silent', 'no_rotation'];

describe('During a login', () => {
  test.each(Object.entries<Seen>(DURING_LOGIN))('%s', async (fault, [endpoint, status, code]) => {
    app.sandbox.setFault({ endpoint, fault: fault as FaultName, delayMs: 20 });
    const { browser, page } = await logIn(app);
    if (status === 'logged in') {
      expect(page.body).toContain('Ariel Flores');
    } else {
      expect([page.status, page.body]).toEqual([status, expect.stringContaining(`<code>${code}</code>`)]);
      expect(page.body).not.toContain('Ariel Flores');
      await app.sandbox.reset({ keepClients: true });
      const again = await logIn(app, { browser });
      expect(again.page.body).toContain('Ariel Flores');
    }
  });

  test('every failure of the menu has its test here', () => {
    const tested = [...Object.keys(DURING_LOGIN), ...Object.keys(AT_REGISTRATION), ...ELSEWHERE];
    expect(tested.sort()).toEqual([...FAULT_NAMES].sort());
  });
});

describe('Who is inside already', () => {
  /** Logged in with an access token that lives for a second. */
  async function inside() {
    app.sandbox.setSwitches({ accessTokenLifetime: 1 });
    return (await logIn(app)).browser;
  }

  /** What the account page says once the access token has ended and must be renewed. */
  async function seenAfterRenewal(browser: Browser): Promise<string> {
    const endsAt = Date.now() + 1000;
    await until(() => Date.now() > endsAt);
    const before = renewals();
    const { body } = await browser.visit(`${app.url}/account`);
    expect(renewals()).toBeGreaterThan(before);
    return body;
  }

  const renewals = () => app.sandbox.ledger().filter(({ endpoint }) => endpoint === 'refresh').length;

  test('no_rotation: stays inside, renewal after renewal', async () => {
    const browser = await inside();
    app.sandbox.setFault({ endpoint: 'refresh', fault: 'no_rotation' });
    for (const _ of [1, 2]) expect(await seenAfterRenewal(browser)).toContain('ariel.reader@acme.example');
  });

  test.each(['http_503', 'connection_dropped'] as const)('%s at the renewal: stays inside', async (fault) => {
    const browser = await inside();
    app.sandbox.setFault({ endpoint: 'refresh', fault });
    expect(await seenAfterRenewal(browser)).toContain('ariel.reader@acme.example');
  });

  test.each(['invalid_grant', 'invalid_client', 'invalid_request', 'plain_text_error'] as const)(
    '%s at the renewal: has to log in again',
    async (fault) => {
      const browser = await inside();
      app.sandbox.setFault({ endpoint: 'refresh', fault });
      expect(await seenAfterRenewal(browser)).toContain('Log in as…');
    },
  );
});

describe('Registering', () => {
  const root = resolve('.');

  test.each(Object.entries(AT_REGISTRATION))('%s', async (fault, { exitCode, says, clients }) => {
    const directory = await mkdtemp(join(tmpdir(), 'bootstrap-'));
    await withSandbox({}, async (sandbox) => {
      sandbox.setFault({ endpoint: 'clients', fault: fault as FaultName });
      const env = { PATH: process.env.PATH, LD_BASE_URI: sandbox.url, LD_ACCESS_TOKEN: sandbox.adminToken };
      const args = [
        '--import',
        join(root, 'node_modules/tsx/dist/loader.mjs'),
        join(root, 'scripts/bootstrap.ts'),
        '--yes',
      ];
      const run = await promisify(execFile)(process.execPath, args, { cwd: directory, env }).then(
        ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
        (failed: { code: number; stdout: string; stderr: string }) => failed,
      );
      expect([run.code, run.stdout + run.stderr]).toEqual([exitCode, expect.stringMatching(says)]);
      sandbox.setFaults([]);
      const list = await bodyOf<{ items: object[] }>(await api(sandbox, 'GET', '/oauth/clients'));
      expect(list.items).toHaveLength(clients);
      if (exitCode === 0)
        expect(await readFile(join(directory, '.env'), 'utf8')).toContain('LD_OAUTH_CLIENT_SECRET=');
    });
    await rm(directory, { recursive: true });
  });
});
