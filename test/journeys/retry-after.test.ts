import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { TappedApp } from '../support/tapped-app.ts';
import { paths, startTappedApp } from '../support/tapped-app.ts';
import { logIn } from '../support/test-app.ts';

/* LaunchDarkly may ask for any wait: what this app passes on to a browser stays a sensible header. */

let app: TappedApp;

beforeAll(async () => {
  app = await startTappedApp();
});
beforeEach(() => app.tap.reset());
afterAll(() => app.close());

const century = 'Fri, 31 Dec 2099 23:59:59 GMT';

test.each([
  ['the token endpoint', paths.token, { 'retry-after': '30' }, '30'],
  ['the token endpoint', paths.token, { 'retry-after': '9'.repeat(400) }, '3600'],
  ['the token endpoint', paths.token, { 'retry-after': century }, '3600'],
  ['caller-identity', paths.identity, { 'retry-after': '86400' }, '3600'],
  ['caller-identity', paths.identity, { 'retry-after': century }, '3600'],
  ['members/me', paths.member, { 'x-ratelimit-reset': '4102444799000' }, '3600'],
] as const)('%s (%s) asks for a wait: %p, and the page says %s', async (_, path, headers, expected) => {
  app.tap.replace(path, { status: 429, body: { code: 'rate_limited', message: 'Slow down' }, headers });
  const { page } = await logIn(app);
  expect([page.status, page.headers.get('retry-after')]).toEqual([503, expected]);
  const { error } = app.log().findLast(({ event }) => event === 'request_failed') as { error: object };
  expect(JSON.stringify(error)).not.toMatch(/Infinity|Try again in \d{5,} s/);
});
