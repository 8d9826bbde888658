import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { registerClient } from '../../scripts/registration/index.ts';
import { createHttp, createLaunchDarkly, messageWithAdvice } from '../../src/launchdarkly/index.ts';
import type { Fault } from '../support/flaky-proxy.ts';
import { closedPort } from '../support/http-server.ts';
import type { RegistrationWorld } from '../support/registration.ts';
import { keptText, registrationWorld } from '../support/registration.ts';

let world: RegistrationWorld;
beforeEach(async () => {
  world = await registrationWorld({ timeoutMs: 400 });
});
afterEach(() => world.close());

const html = {
  body: '<!doctype html><h1>Welcome to the hotel</h1>',
  headers: { 'content-type': 'text/html' },
};
const faults: Record<string, Fault> = {
  'reset before LaunchDarkly acted': { acts: false, answer: 'reset' },
  'reset after LaunchDarkly acted': { acts: true, answer: 'reset' },
  'an answer cut in half': { acts: true, answer: 'cut' },
  'a timeout before LaunchDarkly acted': { acts: false, answer: 'silence' },
  'a timeout after LaunchDarkly acted': { acts: true, answer: 'silence' },
  '500 without acting': { acts: false, answer: { status: 500, body: '{"code":"x","message":"Oops"}' } },
  '500 after acting': { acts: true, answer: { status: 500, body: '{"code":"x","message":"Oops"}' } },
  '503 with nothing in it': { acts: true, answer: { status: 503 } },
  'HTML and 200 from somebody else': { acts: false, answer: { status: 200, ...html } },
  'HTML and 200 after acting': { acts: true, answer: { status: 200, ...html } },
  'JSON of another shape': { acts: true, answer: ({ status }) => ({ status, body: '{"surprise":[]}' }) },
  'a redirect': { acts: false, answer: { status: 302, headers: { location: 'https://elsewhere.example' } } },
};
const requests: Record<string, RegExp> = {
  'asking who we are': /^GET .*caller-identity/,
  'the list of clients': /^GET .*oauth\/clients$/,
  'the registration': /^POST /,
  'the last tidying up': /^PATCH /,
};

describe.each(Object.entries(requests))('trouble with %s', (_, pattern) => {
  test.each(Object.entries(faults))('%s: the next run ends with one client that works', async (__, fault) => {
    world.proxy.fail(pattern, fault, 3);
    const first = await registerClient(world.options()).catch((error: unknown) => error);
    if (!(first as { action?: string }).action) {
      expect(first).toMatchObject({
        name: expect.stringMatching(/^(RegistrationError|LaunchDarklyApiError)$/),
      });
    }
    world.proxy.calm();
    await registerClient(world.options());
    await expectOneThatWorks();
  });
});

test('connection refused: nothing is left of it', async () => {
  const baseUri = `http://127.0.0.1:${await closedPort()}`;
  const http = createHttp({ timeoutMs: 400 });
  const launchDarkly = createLaunchDarkly({ baseUri, http });
  await expect(registerClient(world.options({ baseUri, launchDarkly }))).rejects.toMatchObject({
    reason: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
  await http.close();
  expect(await world.files()).toEqual(['.env', '.env.lock']);
});

test('201 without a secret: the client is taken back and the file left alone', async () => {
  world.proxy.fail(/^POST /, {
    acts: true,
    answer: ({ status, body = '' }) => ({ status, body: body.replace('_clientSecret', '_other') }),
  });
  await expect(registerClient(world.options())).rejects.toMatchObject({ reason: 'no_secret' });
  expect(await world.clients()).toEqual([]);
  expect(await world.files()).toEqual(['.env', '.env.lock']);
  await registerClient(world.options());
  await expectOneThatWorks();
});

test('a lost answer is looked into at once: the client whose secret is lost is deleted', async () => {
  world.proxy.fail(/^POST /, { acts: true, answer: 'reset' });
  await expect(registerClient(world.options())).rejects.toMatchObject({
    reason: 'outcome_unknown',
    message: expect.stringMatching(/is deleted again\. Run the command again/),
  });
  expect(world.proxy.seen().filter((line) => line.startsWith('POST'))).toHaveLength(1);
  expect(await world.clients()).toEqual([]);
  expect(await world.files()).toEqual(['.env', '.env.lock']);
});

test('a registration that arrives long after everybody gave it up is found and deleted', async () => {
  world.proxy.fail(/^POST /, { acts: false, answer: 'silence' });
  await expect(registerClient(world.options())).rejects.toMatchObject({ reason: 'outcome_unknown' });
  const late = world.proxy.requests.find(({ method }) => method === 'POST');
  await registerClient(world.options());
  const { host: _, connection: __, 'content-length': ___, ...headers } = late?.headers ?? {};
  await fetch(`${world.proxy.url}${late?.path}`, {
    method: 'POST',
    headers: headers as Record<string, string>,
    body: late?.body ?? '',
  });
  expect(await world.clients()).toHaveLength(2);
  await registerClient(world.options());
  await expectOneThatWorks();
  expect(world.told.join()).toContain('its secret never arrived');
});

test('a client with somebody else’s mark is never touched', async () => {
  const { launchDarkly, apiToken } = world.options();
  const description = 'Theirs [unfinished registration 00000000-0000-4000-8000-000000000000]';
  const input = { name: 'Theirs', redirectUri: 'https://theirs.example.test/cb', description };
  await launchDarkly.createOAuth2Client({ apiToken }, input);
  world.proxy.fail(/^POST /, { acts: true, answer: 'reset' });
  await registerClient(world.options()).catch(() => {});
  await registerClient(world.options());
  expect(await world.clients(input.redirectUri)).toMatchObject([{ description }]);
});

describe('429 says how long', () => {
  const inAMinute = () => String(Date.now() + 60_000);
  test.each<[string, () => Record<string, string>, RegExp]>([
    ['Retry-After in seconds', () => ({ 'retry-after': '7' }), /in 7 s/],
    ['Retry-After as a date', () => ({ 'retry-after': new Date(Date.now() + 9_000).toUTCString() }), /in [89] s/],
    ['X-Ratelimit-Reset', () => ({ 'x-ratelimit-reset': inAMinute() }), /in (59|60) s/],
    ['X-Ratelimit-Auth-Token-Reset', () => ({ 'x-ratelimit-auth-token-reset': inAMinute() }), /in (59|60) s/],
    ['a reset that is past', () => ({ 'x-ratelimit-reset': '1000' }), /in 0 s/],
    ['no header at all', () => ({}), /in a minute/],
    ['nonsense', () => ({ 'retry-after': 'soon', 'x-ratelimit-reset': 'later' }), /in a minute/],
  ])('%s', async (_, headers, says) => {
    const body = '{"code":"rate_limited","message":"You\'ve exceeded the API rate limit. Try again later."}';
    world.proxy.fail(/^POST /, { acts: false, answer: { status: 429, body, headers: headers() } });
    const error = await registerClient(world.options()).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ reason: 'rate_limited' });
    expect(messageWithAdvice(error as Error)).toMatch(says);
    expect(await world.files()).toEqual(['.env', '.env.lock']);
    await registerClient(world.options());
    await expectOneThatWorks();
  });

  test('a read waits as long as it is told, and goes on', async () => {
    world.proxy.fail(/^GET .*caller-identity/, {
      acts: false,
      answer: { status: 429, headers: { 'retry-after': '0' } },
    });
    expect(await registerClient(world.options())).toMatchObject({ action: 'registered' });
  });
});

async function expectOneThatWorks(): Promise<void> {
  expect(await world.clients()).toHaveLength(1);
  expect((await world.clients())[0]?.description).not.toContain('unfinished');
  expect((await world.clients())[0]?.clientId).toBe(world.env().LD_OAUTH_CLIENT_ID);
  expect(await world.secretWorks()).toBe(true);
  expect(await world.otherLines()).toBe(keptText);
}
