import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Switches } from '../../src/sandbox/start-sandbox.ts';
import { SWITCH_FIELDS, SWITCH_NAMES } from '../../src/sandbox/switch-fields.ts';
import { Browser, type Page } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, startTestApp, whoAmI } from '../support/test-app.ts';

/*
 * Nobody outside knows how LaunchDarkly is set. So the app's journeys (log in, stay in over a refresh, log out, log in
 * again) run under every value of every switch.
 */

const hour = 3_600_000;
const realNow = Date.now;
let ahead: number;
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
beforeEach(async () => {
  ahead = 0;
  await app.sandbox.reset({ keepClients: true });
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
});
afterEach(() => {
  jest.restoreAllMocks();
});
afterAll(() => app.close());

/** The values that a switch is tried with. */
const NUMBERS: Partial<Record<keyof Switches, number[]>> = {
  clientListPageSize: [0, 1],
  redirectUriDelay: [0, 60],
  codeLifetime: [0, 5, 600],
  accessTokenLifetime: [1, 3600, 86_400],
  refreshTokenLifetime: [60, 2_592_000],
  rateLimit: [1, 100_000],
};
const CASES = SWITCH_NAMES.flatMap((name) => {
  const field = SWITCH_FIELDS[name];
  const choices = field.kind === 'choice' ? field.choices : [true, false];
  return (field.kind === 'number' ? (NUMBERS[name] ?? []) : choices).map((value) => [name, value] as const);
});

/** Where the login ends in a page of the app's own: its status and failure code. */
const NO_LOGIN: Readonly<Record<string, readonly [status: number, code: string]>> = {
  'iss=wrong': [400, 'response_rejected'],
  'grantedScope=none': [403, 'profile_refused'],
  'codeLifetime=0': [400, 'code_rejected'],
  'rateLimit=1': [503, 'provider_rate_limited'],
};

/** Where nobody can stay in once the access token has expired. */
const NO_REFRESH = ['refreshTokens=never', 'refreshTokens=offline_access', 'refreshTokenLifetime=60'];

/** Follows a login through the pages that LaunchDarkly shows, whichever they are; gives the last one and their names. */
async function logIn(browser: Browser): Promise<{ page: Page; seen: string[] }> {
  const seen: string[] = [];
  let page = await browser.visit(`${app.url}/auth/login`);
  while (new URL(page.url).origin === app.sandbox.url && seen.length < 2) {
    const consent = page.body.includes('>Authorize</button>');
    seen.push(consent ? 'consent' : 'who');
    page = await browser.press(page, consent ? 'Authorize' : ariel.email);
  }
  return { page, seen };
}

const logOut = (browser: Browser) => browser.visit(`${app.url}/auth/logout`, { form: {} });
const isIn = async (browser: Browser) => (await whoAmI(app, browser)).status === 200;
const liveTokens = () =>
  app.sandbox
    .state()
    .authorizations.flatMap(({ accessTokens, refreshTokens }) => [...accessTokens, ...refreshTokens])
    .filter(({ active }) => active);

describe('Log in, stay in over a refresh, log out, log in again', () => {
  test('every switch is tried with every value that matters', () => {
    expect(new Set(CASES.map(([name]) => name))).toEqual(new Set(SWITCH_NAMES));
  });

  test.each(CASES)('%s = %s', async (name, value) => {
    const setting = `${name}=${value}`;
    app.sandbox.setSwitches({ [name]: value });
    const browser = new Browser();
    const { page } = await logIn(browser);
    const failure = NO_LOGIN[setting];
    if (failure) {
      const [status, code] = failure;
      expect([page.status, page.body]).toEqual([status, expect.stringContaining(`<code>${code}</code>`)]);
      expect(await isIn(browser)).toBe(false);
      return;
    }
    expect(page.body).toContain(ariel.name);

    ahead += hour + 60_000;
    expect(await isIn(browser)).toBe(!NO_REFRESH.includes(setting));
    ahead += hour + 60_000;
    expect(await isIn(browser)).toBe(!NO_REFRESH.includes(setting));

    if (!NO_REFRESH.includes(setting)) await logOut(browser);
    expect(await isIn(browser)).toBe(false);
    expect(liveTokens()).toEqual([]);
    expect((await logIn(browser)).page.body).toContain(ariel.name);
  });
});

describe('The second login', () => {
  test.each([
    [false, false, ['who', 'consent']],
    [true, false, ['consent']],
    [false, true, ['who']],
    [true, true, []],
  ])('session remembered: %s, consent remembered: %s: it asks %j', async (session, consent, asks) => {
    app.sandbox.setSwitches({ rememberSession: session, rememberConsent: consent });
    const browser = new Browser();
    expect((await logIn(browser)).seen).toEqual(['who', 'consent']);
    await logOut(browser);
    const { page, seen } = await logIn(browser);
    expect([seen, page.body.includes(ariel.name)]).toEqual([asks, true]);
  });
});

describe('A member who is removed while logged in', () => {
  test.each(SWITCH_FIELDS.tokenErrors.kind === 'choice' ? SWITCH_FIELDS.tokenErrors.choices : [])(
    'is out at the next refresh, whatever the refusal looks like: %s',
    async (tokenErrors) => {
      app.sandbox.setSwitches({ tokenErrors: tokenErrors as Switches['tokenErrors'] });
      const browser = new Browser();
      await logIn(browser);
      app.sandbox.changePersona(ariel.email, { removed: true });
      ahead += hour + 60_000;
      expect(await isIn(browser)).toBe(false);
    },
  );
});

describe('A logout on one of two devices', () => {
  test.each([
    ['token', true],
    ['grant', true],
    ['member', false],
  ] as const)('revocationScope = %s: the other stays in: %s', async (revocationScope, staysIn) => {
    app.sandbox.setSwitches({ revocationScope });
    const [phone, laptop] = [new Browser(), new Browser()];
    await logIn(phone);
    await logIn(laptop);
    await logOut(phone);
    ahead += 10 * 60_000;
    expect(await isIn(laptop)).toBe(staysIn);
  });
});

describe('An app that sends its credentials by Basic, with a secret of awkward characters', () => {
  test.each(['decoded', 'raw'] as const)(
    'basicCredentials = %s: logs in and stays in',
    async (basicCredentials) => {
      // Awkward characters have to be encoded, so a server that takes them as they are knows only plain secrets.
      const switches = { basicCredentials, awkwardSecrets: basicCredentials === 'decoded' };
      const other = await startTestApp({ sandbox: { switches }, env: { LD_OAUTH_CLIENT_AUTH: 'basic' } });
      const own = app;
      app = other;
      try {
        const browser = new Browser();
        expect((await logIn(browser)).page.body).toContain(ariel.name);
        ahead += hour + 60_000;
        expect(await isIn(browser)).toBe(true);
      } finally {
        app = own;
        await other.close();
      }
    },
  );
});

describe('A client that is deleted while somebody is logged in', () => {
  test.each([
    [false, false],
    [true, true],
  ])('tokensOutliveClient = %s: the session goes on until the refresh: %s', async (outlive, staysIn) => {
    const other = await startTestApp({ sandbox: { switches: { tokensOutliveClient: outlive } } });
    try {
      const own = app;
      app = other;
      const browser = new Browser();
      await logIn(browser);
      await fetch(`${other.sandbox.url}/api/v2/oauth/clients/${other.clientId}`, {
        method: 'DELETE',
        headers: { Authorization: other.sandbox.adminToken },
      });
      ahead += 10 * 60_000;
      expect(await isIn(browser)).toBe(staysIn);
      ahead += hour;
      expect(await isIn(browser)).toBe(false);
      app = own;
    } finally {
      await other.close();
    }
  });
});
