import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Page } from 'playwright-core';
import { collectFacts } from '../../scripts/doctor/facts/collect.ts';
import type { PersonAtBrowser } from '../../scripts/doctor/facts/person.ts';
import { personAtBrowser } from '../../scripts/doctor/facts/person.ts';
import type { Http } from '../../src/launchdarkly/index.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { describeInChromium } from '../support/chromium.ts';
import { until } from '../support/until.ts';

let folder: string;
let sandbox: Sandbox;
let person: PersonAtBrowser;
let http: Http;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'facts-'));
  sandbox = await startSandbox({ port: 0, switches: { rememberSession: true } });
  http = createHttp();
  const signal = new AbortController().signal;
  person = await personAtBrowser({ certificateDirectory: folder, port: 0, waitMs: 60_000, signal });
});
afterEach(async () => {
  await person.close();
  await http.close();
  await sandbox.close();
  await rm(folder, { recursive: true });
});

describeInChromium('the pages of a facts report', (openPage) => {
  test('lead a person through every login, and believe what they say', async () => {
    let start = '';
    const collected = collectFacts({
      ...{ http, person, baseUri: sandbox.url, apiToken: sandbox.adminToken },
      launchDarkly: createLaunchDarkly({ baseUri: sandbox.url, http }),
      signal: new AbortController().signal,
      ready: (redirectUri) => {
        start = person.pageFor(redirectUri);
      },
      tell: () => {},
      wait: async (ms) => sandbox.advanceClock(ms),
    });
    await until(() => start !== '');
    const page = await openPage();
    await page.goto(start);
    for (let login = 1; login <= 7; login++) {
      await page.getByRole('heading', { name: `Login ${login} of 7` }).waitFor();
      await (login === 4
        ? page.getByRole('button', { name: 'It ended at an error page' }).click()
        : logIn(page, login));
    }
    const { complete, facts } = await collected;
    expect(complete).toBe(true);
    // Login 4 is the one without PKCE.
    expect(facts).toMatchObject({ 'authorize.second-login': 'consent', 'authorize.without-pkce': 'refused' });
    const closed = person.close();
    await page.getByRole('heading', { name: 'Done' }).waitFor();
    await closed;
  });
});

async function logIn(page: Page, login: number): Promise<void> {
  await page.getByRole('button', { name: 'Continue at LaunchDarkly' }).click();
  if (login === 1) await page.getByRole('button', { name: 'ada.admin@acme.example' }).click();
  await page.getByRole('button', { name: 'Authorize', exact: true }).click();
  if (login === 2) await page.getByRole('button', { name: 'and did not ask who I am' }).click();
}
