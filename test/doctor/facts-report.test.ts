import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { FACTS } from '../../scripts/doctor/facts/facts.ts';
import { personAtBrowser } from '../../scripts/doctor/facts/person.ts';
import { createTraces, leftByEarlierRuns } from '../../scripts/doctor/facts/traces.ts';
import type { HttpExchange } from '../../src/launchdarkly/index.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import { likeReport, readFactsReport } from '../../src/sandbox/facts-report.ts';
import { scriptedPerson } from '../support/scripted-person.ts';
import { beforeDeadline } from '../support/until.ts';
import type { Circle } from './facts-circle.ts';
import { settings, startCircle } from './facts-circle.ts';

let circle: Circle;
beforeAll(async () => {
  circle = await startCircle();
});
afterAll(() => circle.end());

/** Clients of the seed only, and nothing that could still be used. */
function expectNothingLeft(): void {
  const { clients, authorizations } = circle.sandbox.state();
  expect(clients.map(({ name }) => name)).toEqual(['One', 'Two']);
  expect(authorizations.filter(({ active }) => active)).toEqual([]);
}

describe('the circle', () => {
  test('a report about the sandbox as it is sets the switches as they are', async () => {
    await circle.close({});
    expectNothingLeft();
  });

  test('a report about any settings sets the same switches', async () => {
    await fc.assert(
      fc.asyncProperty(settings, async (set) => void (await circle.close(set))),
      { numRuns: 30 },
    );
  });
});

describe('what a report holds', () => {
  test('no value that passed between the run and LaunchDarkly, only words of the protocol', async () => {
    const words = new Set<string>();
    const run = fc.asyncProperty(settings, async (set) => {
      const text = JSON.stringify(await circle.report(set));
      const values = circle.exchanges.flatMap(valuesIn);
      expect(values.length).toBeGreaterThan(100);
      const shown = values.filter((value) => text.includes(value) && value !== String(set.accessTokenLifetime));
      for (const value of shown) words.add(value);
    });
    await fc.assert(run, { numRuns: 5 });
    const known =
      /^(reader|oauth|bearer|not_found|forbidden|unauthorized|invalid_\w+|offline_access|refresh_token|made-up)$/;
    expect([...words].filter((word) => !known.test(word))).toEqual([]);
  });

  test('where LaunchDarkly asks who is there first, one login more shows whether a changed redirect URI is in effect', async () => {
    const told: string[] = [];
    const { facts } = await circle.report({}, { told, asksFirst: true });
    expect(facts).toMatchObject({ 'authorize.checks-before-login': 'no', 'client.redirect-uri-change': 0 });
    expect(told).toContainEqual(expect.stringMatching(/^Login 8 of 8: /));
    const late = await circle.report({ redirectUriDelay: 10 }, { asksFirst: true });
    expect(late.notProbed['client.redirect-uri-change']).toBe('It is not in effect at once.');
    expect(late).toMatchObject({ complete: true, facts: { 'client.deleted': 'access token ends' } });
  });

  test('says of every fact what it is, or why it was not probed', async () => {
    const { facts, notProbed } = await circle.report({ refreshTokens: 'never' });
    expect(Object.keys({ ...facts, ...notProbed })).toEqual(expect.arrayContaining(Object.keys(FACTS)));
    expect(Object.keys(facts).filter((name) => name in notProbed)).toEqual([]);
    expect(notProbed['refresh.reuse']).toBe('There is no refresh token.');
    expect(notProbed['code.lifetime']).toMatch(/wait/);
  });
});

describe('a run that goes wrong', () => {
  test('a probe that gets no answer is named, and the others go on', async () => {
    const report = await circle.report({}, { faults: [{ endpoint: 'revoke', fault: 'connection_dropped' }] });
    expect(report.complete).toBe(false);
    expect(report.notProbed['revocation.ends']).toMatch(/^The probe failed: no answer \(\w+\)\.$/);
    expect(report.facts).toMatchObject({ 'refresh.answer': 'rotate', 'token.errors': 'rfc' });
  });

  test('tokens that could not be revoked are told, and their clients deleted', async () => {
    const told: string[] = [];
    await circle.report(
      { tokensOutliveClient: true },
      { told, faults: [{ endpoint: 'revoke', fault: 'connection_dropped' }] },
    );
    expect(told).toContain('Not every token could be revoked. They can only read, and they expire.');
    expect(circle.sandbox.state().clients).toHaveLength(2);
  });

  test('a failing token endpoint leaves nothing of the logins, and every client deleted', async () => {
    const report = await circle.report({}, { faults: [{ endpoint: 'token', fault: 'http_500' }] });
    expect(report.complete).toBe(false);
    expect(report.notProbed).toMatchObject({
      'token.format': expect.stringContaining('500'),
      'revocation.ends': 'The first login did not succeed.',
    });
    expectNothingLeft();
  });

  test('somebody who cancels gets a report on registration', async () => {
    const person = scriptedPerson();
    const cancelled = { query: new URLSearchParams({ error: 'access_denied' }), shown: undefined };
    const report = await circle.report({}, { person: { ...person, logIn: async () => cancelled } });
    expect(report.notProbed['token.format']).toBe('The login was cancelled.');
    expect(report.facts['client.duplicate-name']).toBe('accepted');
    expectNothingLeft();
  });

  test('the registration whose answer is lost leaves no client', async () => {
    const lost = circle.report({}, { faults: [{ endpoint: 'clients', method: 'POST', fault: 'answer_lost' }] });
    await expect(lost).rejects.toMatchObject({ name: 'LaunchDarklyApiError' });
    expectNothingLeft();
  });

  test('a client that cannot be deleted is named, with the command that deletes it later', async () => {
    const told: string[] = [];
    await circle.report({}, { told, faults: [{ endpoint: 'clients', method: 'DELETE', fault: 'http_503' }] });
    expect(told.join('\n')).toMatch(/could not be deleted\. .* Later: npm run clients -- delete [\w-]+/);
    const left = await leftByEarlierRuns(...asAdmin());
    expect(left).toHaveLength(2);
  });

  test('a client whose deletion meets a rate limit or trouble is deleted at the next attempt', async () => {
    const told: string[] = [];
    const twice = (fault: 'rate_limited' | 'http_500') =>
      ({ endpoint: 'clients', method: 'DELETE', fault, times: 1 }) as const;
    await circle.report({}, { told, faults: [twice('rate_limited'), twice('http_500')] });
    expect(told.join()).not.toContain('could not be deleted');
    expectNothingLeft();
  });

  test('an abort ends it with its reason, and everything is removed', async () => {
    const controller = new AbortController();
    const person = scriptedPerson();
    let logins = 0;
    const logIn: typeof person.logIn = async (step) => {
      if (++logins === 3) controller.abort(new Error('stopped'));
      return person.logIn(step);
    };
    const run = circle.report({}, { signal: controller.signal, person: { ...person, logIn } });
    await expect(run).rejects.toThrow('stopped');
    expectNothingLeft();
  });

  test('an abort between two logins is noticed by the next one', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'facts-'));
    const controller = new AbortController();
    const options = { certificateDirectory: folder, port: 0, waitMs: 60_000, signal: controller.signal };
    const person = await personAtBrowser(options);
    controller.abort(new Error('stopped'));
    const step = { title: '', why: '', url: circle.sandbox.url, state: 'state', ask: false };
    await expect(beforeDeadline(2_000, 'for the abort', () => person.logIn(step))).rejects.toThrow('stopped');
    await person.close();
    await rm(folder, { recursive: true });
  });

  test('only clients with the mark of a run are taken for leftovers', async () => {
    await circle.sandbox.reset();
    const [launchDarkly, apiToken] = asAdmin();
    await launchDarkly.createOAuth2Client({ apiToken }, { name: 'Facts report', redirectUri: 'https://app.example/' });
    const traces = createTraces({ launchDarkly, apiToken, wait: async () => {} });
    const { clientId } = await traces.register('https://app.example/');
    expect((await leftByEarlierRuns(launchDarkly, apiToken)).map((client) => client.clientId)).toEqual([clientId]);
    expect(await traces.removeClients()).toEqual([]);
    expect(circle.sandbox.state().clients).toHaveLength(3);
  });
});

describe('a sandbox like a report', () => {
  test.each([
    ['no JSON', 'facts', /cannot be read: it is no JSON/],
    ['a seed', '{"accounts":[]}', /has no "version" and "facts"/],
    ['a list', '[]', /has no "version" and "facts"/],
    ['a report of a later version', '{"version":2,"facts":{}}', /its version is 2, and this sandbox reads version 1/],
  ])('is not made from %s', async (_, text, why) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'facts-'));
    const file = path.join(folder, 'facts-report.json');
    await writeFile(file, text);
    expect(() => readFactsReport(file)).toThrow(why);
    await rm(folder, { recursive: true });
  });

  test('is not made from a file that is not there', () => {
    expect(() => readFactsReport('no-such-report.json')).toThrow(
      /no-such-report\.json cannot be read: there is no such file/,
    );
  });

  test('keeps the stricter way where one switch is about two facts that differ, or one is unknown', () => {
    const switchesFor = (...values: string[]) => {
      const [bearer, raw] = values;
      const facts = { 'api.bearer-api-token': bearer, ...(raw && { 'api.raw-oauth-token': raw }) };
      return likeReport({ version: 1, facts }).switches;
    };
    expect(switchesFor('accepted', 'accepted')).toEqual({ looseAuthorizationHeader: true });
    expect(switchesFor('refused', 'refused')).toEqual({ looseAuthorizationHeader: false });
    expect(switchesFor('accepted', 'refused')).toEqual({});
    expect(switchesFor('accepted')).toEqual({});
  });

  test('leaves out a fact that it has not heard of, and names one that no switch can imitate', () => {
    const facts = { 'moon.phase': 'full', 'token.errors': 'html', 'client.list-page': 5000 };
    expect(likeReport({ version: 1, facts })).toEqual({
      switches: {},
      unlike: ['token.errors: "html"', 'client.list-page: 5000'],
    });
  });
});

function asAdmin() {
  const launchDarkly = createLaunchDarkly({ baseUri: circle.sandbox.url, http: createHttp() });
  return [launchDarkly, circle.sandbox.adminToken] as const;
}

/** Every text in the messages that is long enough to tell something. */
function valuesIn({ request, response }: HttpExchange): string[] {
  const { authorization = '' } = request.headers;
  const sent = request.headers['content-type']?.includes('json')
    ? jsonTexts(request.body ?? '')
    : formTexts(request.body);
  const query = formTexts(new URL(request.url).search);
  const basic = Buffer.from(authorization.replace(/^Basic /, ''), 'base64')
    .toString()
    .split(':')
    .map(decodeURIComponentOrNot);
  return [...sent, ...query, ...basic, authorization.replace(/^\w+ /, ''), ...jsonTexts(response?.body ?? '')].filter(
    (text) => text.length > 5,
  );
}

function formTexts(text = ''): string[] {
  return [...new URLSearchParams(text).values()];
}

function jsonTexts(text: string): string[] {
  const found: string[] = [];
  try {
    JSON.parse(text, (_, value) => {
      if (typeof value === 'string' || typeof value === 'number') found.push(String(value));
      return value;
    });
  } catch {
    // a page, or no body
  }
  return found;
}

function decodeURIComponentOrNot(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
