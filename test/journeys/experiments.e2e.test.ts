import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { readExperimentTexts } from '../../src/tutorial/experiment-text.ts';
import { experiments } from '../../src/tutorial/experiments.ts';
import { describeInChromium } from '../support/chromium.ts';
import { startTestApp, type TestApp } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

const texts = readExperimentTexts();

/** What each experiment leaves in the list of requests, and what LaunchDarkly was asked meanwhile. */
const traces: Record<string, { shows: RegExp[]; asks?: RegExp; asksNot?: RegExp }> = {
  'wrong-state': { shows: [/state=a-s…\(32\).*400.*login_unknown/, /\/api\/me 401/], asksNot: /POST/ },
  'foreign-link': { shows: [/Victim GET \/auth\/callback.*400.*cookies_missing/, /\/api\/me 401/], asksNot: /POST/ },
  'code-twice': {
    shows: [
      /Browser GET \/auth\/callback.*303 to \/(.|\n)*Browser GET \/auth\/callback.*303 to \//,
      /Another browser.*400/,
    ],
    asks: /token 200/,
  },
  'stolen-code': { shows: [/Attacker GET \/auth\/callback.*400.*code_rejected/], asks: /token 400/ },
  'other-issuer': { shows: [/iss=https:\/\/attacker.example.*400.*response_rejected/], asksNot: /POST/ },
  'foreign-return': { shows: [/returnTo=\/\/attacker.example\//, /GET \/api\/me 200/] },
  'stolen-cookie': { shows: [/Thief GET \/api\/me 200/, /Victim POST \/auth\/logout 303/, /Thief GET \/api\/me 401/] },
  'removed-member': { shows: [/GET \/projects 401.*login_required/], asks: /projects 401/ },
  'other-account': { shows: [/GET \/auth\/callback.*403.*account_not_allowed/], asks: /revoke 200/ },
  'provider-down': { shows: [/Newcomer GET \/auth\/callback.*50\d.*provider_failed/, /Member GET \/api\/me 200/] },
  'refresh-twice': { shows: [/First instance GET \/api\/me 200/, /Second instance GET \/api\/me 200/] },
  'slow-logout': {
    shows: [/GET \/projects 401/, /with the cookie it had GET \/api\/me 401/],
    asks: /projects 401\n(.|\n)*POST \/trust\/oauth\/token 200/,
  },
};

test('there are at least ten experiments, each with its texts, and its words name code that exists', () => {
  expect(texts.length).toBeGreaterThanOrEqual(10);
  expect(texts.map(({ name }) => name).sort()).toEqual(Object.keys(experiments).sort());
  expect(texts.filter(({ answers, expected }) => !(expected in answers))).toEqual([]);
});

describeInChromium('try to break it', (openPage) => {
  test.each(texts)(
    '$title: one click on a prediction shows what happened and the code that caught it',
    async (text) => {
      const page = await openPage();
      const before = app.sandbox.state();
      await page.goto(`${app.url}/tutorial/experiments`);
      const predictions = page.locator(`#${text.name} button`);
      await predictions.filter({ hasText: text.answers[text.expected]! }).click();
      await page.getByRole('heading', { name: 'What happened' }).waitFor({ timeout: 20_000 });
      expect(await page.getByRole('status').textContent()).toContain('You predicted that.');
      const trace = await rowsOf(page, 'Requests to this app');
      const calls = await rowsOf(page, 'What this app asked LaunchDarkly meanwhile');
      const { shows, asks = /^/, asksNot = /$^/ } = traces[text.name]!;
      for (const pattern of shows) expect(trace).toMatch(pattern);
      expect(calls).toMatch(asks);
      expect(calls).not.toMatch(asksNot);
      expect(await page.getByRole('main').textContent()).toContain(plain(text.happened));
      await page.getByRole('link', { name: text.source.file }).click();
      expect(await page.locator('.source li:target').textContent()).toContain(text.source.name);
      const after = app.sandbox.state();
      expect(after.switches).toEqual(before.switches);
      expect(app.sandbox.faults()).toEqual([]);
      expect(app.sandbox.personas().filter(({ removed }) => removed)).toEqual([]);
      await page.context().close();
    },
  );
});

describeInChromium('with a check switched off', (openPage) => {
  test('the same experiment has another end, and the page says so', async () => {
    const careless = await startTestApp({ env: { LD_OAUTH_PKCE: 'off' } });
    const page = await openPage();
    try {
      await page.goto(`${careless.url}/tutorial/experiments/stolen-code`);
      await page.getByRole('button', { name: 'The app shows an error' }).click();
      const verdict = page.getByRole('status');
      expect(await verdict.textContent()).toContain('The attacker is logged in as you');
      expect(await verdict.textContent()).toContain('You predicted: The app shows an error');
      expect(await page.getByRole('main').textContent()).toContain('This is not what should happen');
    } finally {
      await page.context().close();
      await careless.close();
    }
  });

  test('an experiment says what to do when the sandbox was stopped', async () => {
    const lonely = await startTestApp();
    const page = await openPage();
    try {
      await lonely.sandbox.close();
      await page.goto(`${lonely.url}/tutorial/experiments/wrong-state`);
      await page.getByRole('button', { name: 'The app shows an error' }).click();
      expect(await page.getByRole('status').textContent()).toContain('Is the sandbox running?');
    } finally {
      await page.context().close();
      await lonely.close();
    }
  });
});

/** A row a line. */
async function rowsOf(page: Page, caption: string): Promise<string> {
  const rows = await page.locator('table', { hasText: caption }).locator('tbody tr').allInnerTexts();
  return rows.map((row) => row.replace(/\s+/g, ' ').trim()).join('\n');
}

function plain(text: string): string {
  return text.replaceAll('`', '');
}
