import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { paths, startTappedApp, type TappedApp } from '../support/tapped-app.ts';
import { ariel, logIn } from '../support/test-app.ts';
import { until } from '../support/until.ts';

let app: TappedApp;

beforeAll(async () => {
  app = await startTappedApp({ env: { SESSION_REVALIDATE: '1s', FLOW_INSPECTOR: 'off' } });
});
afterEach(() => app.tap.reset());
afterAll(() => app.close());

const verify = (browser: Browser, headers: Record<string, string> = {}) =>
  browser.request(`${app.url}/auth/verify`, { headers });

const identityOf = ({ headers }: { headers: Headers }) =>
  Object.fromEntries([...headers].filter(([name]) => name.startsWith('x-auth-')));

test('without a login it answers 401, never a redirect, and says nothing about anybody', async () => {
  const answer = await verify(new Browser(), { 'x-auth-member': 'forged' });
  expect([answer.status, answer.body, identityOf(answer)]).toEqual([401, '', {}]);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.headers.getSetCookie()).toEqual([]);
});

test('under another host name it answers as under its own', async () => {
  const answer = await verify(new Browser(), { host: 'app.internal:3000' });
  expect(answer.status).toBe(401);
});

test('with a login it answers 204 and says who it is', async () => {
  const { browser } = await logIn(app);
  const answer = await verify(browser);
  const { accountId } = JSON.parse((await browser.request(`${app.url}/api/me`)).body).member;
  const { id } = app.sandbox.personas().find(({ email }) => email === ariel.email) ?? {};
  expect([answer.status, answer.body]).toEqual([204, '']);
  expect(identityOf(answer)).toEqual({
    'x-auth-member': id,
    'x-auth-email': ariel.email,
    'x-auth-account': accountId,
    'x-auth-role': 'reader',
  });
});

test('a value that is no header is percent-encoded', async () => {
  app.tap.replace(paths.member, (member) => ({ ...member, email: 'jürgen%41@bücher.example\r\nX-Evil: 1' }));
  const { browser } = await logIn(app);
  const answer = await verify(browser);
  expect(answer.headers.get('x-auth-email')).toBe('j%C3%BCrgen%2541@b%C3%BCcher.example%0D%0AX-Evil:%201');
  expect(decodeURIComponent(answer.headers.get('x-auth-email') ?? '')).toContain('jürgen%41@bücher.example');
});

test('a base role that custom roles put out of effect is not named', async () => {
  const { browser } = await logIn(app, { as: 'cole.custom@acme.example' });
  expect(Object.keys(identityOf(await verify(browser)))).toEqual(['x-auth-account', 'x-auth-email', 'x-auth-member']);
});

test('a member who is removed is out at the next verification', async () => {
  const { browser } = await logIn(app, { as: 'will.writer@acme.example' });
  expect((await verify(browser)).status).toBe(204);
  app.sandbox.changePersona('will.writer@acme.example', { removed: true });
  await until(async () => (await verify(browser)).status === 401, { everyMs: 100 });
});
