import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { PresetName } from '../../src/sandbox/faults/presets.ts';
import { PRESET_NAMES } from '../../src/sandbox/faults/presets.ts';
import type { Browser } from '../support/browser.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

/* What the failure menu says to expect of an app holds for this project's app. */

const minute = 60_000;
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

async function tryPreset(preset: PresetName): Promise<void> {
  const res = await fetch(`${app.sandbox.url}/__sandbox/presets`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ preset, persona: ariel.email }),
  });
  expect(res.status).toBe(200);
}

const isIn = async (browser: Browser) => (await whoAmI(app, browser)).status === 200;

/** The page at which a login ends: its status and failure code. */
const LOGIN_FAILS = {
  'token-endpoint-speaks-html': [502, /provider_/],
  'answer-lost': [502, /provider_unreachable/],
  'login-cancelled': [200, /access_denied/],
  'code-too-late': [400, /code_rejected/],
  'forged-callback': [400, /login_unknown/],
  'wrong-server': [400, /response_rejected/],
  'profile-refused': [403, /profile_refused/],
  'rate-limited': [503, /provider_rate_limited/],
} as const satisfies Partial<Record<PresetName, readonly [number, RegExp]>>;

describe('A login', () => {
  test.each(Object.entries(LOGIN_FAILS))(
    '%s: ends at a page of the app, and works afterwards',
    async (name, seen) => {
      await tryPreset(name as PresetName);
      const { browser, page } = await logIn(app);
      expect([page.status, page.body]).toEqual([seen[0], expect.stringMatching(seen[1])]);
      app.sandbox.setFaults([]);
      expect((await logIn(app, { browser })).page.body).toContain(ariel.name);
    },
  );

  test('launchdarkly-slow: takes its time and succeeds', async () => {
    await tryPreset('launchdarkly-slow');
    app.sandbox.setFaults(app.sandbox.faults().map((fault) => ({ ...fault, delayMs: 50 })));
    expect((await logIn(app)).page.body).toContain(ariel.name);
  });
});

describe('A member who is logged in', () => {
  async function inside(): Promise<Browser> {
    const { browser } = await logIn(app);
    expect(await isIn(browser)).toBe(true);
    return browser;
  }

  test('launchdarkly-down: stays in', async () => {
    const browser = await inside();
    await tryPreset('launchdarkly-down');
    ahead += 10 * minute;
    expect(await isIn(browser)).toBe(true);
  });

  test('short-tokens: stays in, refresh after refresh', async () => {
    await tryPreset('short-tokens');
    const browser = await inside();
    for (const _ of [1, 2, 3]) {
      ahead += 10_000;
      expect(await isIn(browser)).toBe(true);
    }
    const refreshes = app.sandbox.ledger({ endpoint: 'refresh', status: 200 });
    expect(refreshes.length).toBeGreaterThanOrEqual(3);
  });

  test('refresh-refused: is out when the access token has expired', async () => {
    const browser = await inside();
    await tryPreset('refresh-refused');
    ahead += 61 * minute;
    expect(await isIn(browser)).toBe(false);
  });

  test.each(['removed-while-logged-in', 'authorization-withdrawn', 'downgraded-while-logged-in'] as const)(
    '%s: the app notices at its next check',
    async (preset) => {
      const browser = await inside();
      await tryPreset(preset);
      ahead += 10 * minute;
      const { status, body } = await browser.request(`${app.url}/api/me`, {
        headers: { accept: 'application/json' },
      });
      const outOrNewRole = status !== 200 || JSON.parse(body).member.role === 'no_access';
      expect(outOrNewRole).toBe(true);
    },
  );
});

test('every preset has its test here', () => {
  const inside = ['launchdarkly-down', 'short-tokens', 'refresh-refused', 'removed-while-logged-in'];
  const others = ['authorization-withdrawn', 'downgraded-while-logged-in', 'launchdarkly-slow'];
  expect([...Object.keys(LOGIN_FAILS), ...inside, ...others].sort()).toEqual([...PRESET_NAMES].sort());
});
