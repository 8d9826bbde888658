import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ErrorRequestHandler } from 'express';
import express from 'express';
import { LoginError } from '../../src/auth/login-error.ts';
import { createLoginTransactions } from '../../src/auth/login-transaction.ts';
import { createSealer } from '../../src/auth/sealer.ts';
import { Browser } from '../support/browser.ts';
import { closeAfterEach } from '../support/close-after-each.ts';

const closing = closeAfterEach();
const cookieName = 'login-abc';
const minute = 60_000;
let site: string;
let browser: Browser;

beforeEach(async () => {
  site = await startSite();
  browser = new Browser();
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** A site with nothing but transactions: one path begins them, one takes them. */
async function startSite(secure = false): Promise<string> {
  const sealer = createSealer(['secret'], 'login transaction');
  const transactions = createLoginTransactions({ sealer, cookieName, secure });
  const app = express();
  app.get('/begin', (req, res) => {
    const { state = '' } = req.query as Record<string, string>;
    transactions.save(req, res, { state, codeVerifier: `v-${state}`, startedAt: Date.now() });
    res.end();
  });
  app.get('/take', (req, res) => {
    res.json(transactions.take(req, res, req.query.state));
  });
  const answerFailure: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(400).json({ reason: error instanceof LoginError ? error.reason : 'crash' });
  };
  app.use(answerFailure);
  const server = app.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing({
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const state = (n: number | string) => `state-${n}-`.padEnd(43, '0');
const begin = (n: number | string) => browser.request(`${site}/begin?state=${state(n)}`);
const take = async (n: number | string, headers = {}) =>
  JSON.parse((await browser.request(`${site}/take?state=${state(n)}`, { headers })).body);
const names = () => [...browser.cookies(site).keys()];

function later(milliseconds: number): void {
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + milliseconds);
}

describe('a login transaction', () => {
  test('comes back as it was begun, once', async () => {
    await begin(1);
    expect(await take(1)).toMatchObject({ state: state(1), codeVerifier: `v-${state(1)}` });
    expect(names()).toEqual([]);
    expect(await take(1)).toEqual({ reason: 'cookies_missing' });
  });

  test('travels sealed, out of reach for scripts and foreign posts', async () => {
    const { headers } = await begin(1);
    const [line = ''] = headers.getSetCookie();
    expect(line).toMatch(/^login-abc\.[0-4]=[\w-]+; Max-Age=600; Path=\/; Expires=[^;]+; HttpOnly; SameSite=Lax$/);
    expect(Buffer.from(line.split('=')[1] ?? '', 'base64url').toString('latin1')).not.toContain('state-1');
  });

  test('is Secure on an https site', async () => {
    const [line = ''] = (await new Browser().request(`${await startSite(true)}/begin?state=x`)).headers.getSetCookie();
    expect(line).toContain('; Secure');
  });

  test('of every tab is alive beside the others', async () => {
    for (const n of [1, 2, 3, 4, 5]) await begin(n);
    for (const n of [3, 1, 5, 2, 4]) expect(await take(n)).toMatchObject({ state: state(n) });
  });

  test('makes room for a sixth one: the oldest is forgotten', async () => {
    for (const n of [1, 2, 3, 4, 5, 6]) {
      await begin(n);
      later(1000);
    }
    expect(names()).toHaveLength(5);
    expect(await take(1)).toEqual({ reason: 'login_unknown' });
    for (const n of [2, 3, 4, 5, 6]) expect(await take(n)).toMatchObject({ state: state(n) });
  });

  test('holds for ten minutes', async () => {
    await begin(1);
    later(10 * minute - 1000);
    expect(await take(1)).toMatchObject({ state: state(1) });
  });

  test('is forgotten by the browser after that, and refused when it still comes', async () => {
    await begin(1);
    const cookie = browser.cookieHeader(site);
    later(10 * minute + 1000);
    expect(await take(1)).toEqual({ reason: 'cookies_missing' });
    expect(await take(1, { cookie })).toEqual({ reason: 'login_expired' });
  });

  test('leaves at most five cookies, far below 4 KB, when many begin at once', async () => {
    await Promise.all(Array.from({ length: 40 }, (_, n) => begin(n)));
    expect(names().every((name) => /^login-abc\.[0-4]$/.test(name))).toBe(true);
    expect(browser.cookieHeader(site).length).toBeLessThan(2_000);
    await begin('last');
    expect(await take('last')).toMatchObject({ state: state('last') });
  });

  test('is not found by another state, not even one that begins alike', async () => {
    await begin(1);
    expect(await take(2)).toEqual({ reason: 'login_unknown' });
    const alike = `${state(1).slice(0, -1)}X`;
    const page = await browser.request(`${site}/take?state=${alike}`);
    expect(JSON.parse(page.body)).toEqual({ reason: 'login_unknown' });
  });

  test.each(['', '?state=', '?state=a&state=b', '?state[a]=b', `?state=${'x'.repeat(5000)}`, '?state=%00%0d%0a;'])(
    'is not found by the query %p',
    async (query) => {
      await begin(1);
      const { body } = await browser.request(`${site}/take${query}`);
      expect(JSON.parse(body)).toEqual({ reason: 'login_unknown' });
      expect(names()).toHaveLength(1);
    },
  );

  test('cannot be made up, altered, or moved to another state', async () => {
    await begin(1);
    const [name = ''] = names();
    const sealed = browser.cookies(site).get(name)?.value ?? '';
    const altered = sealed.startsWith('A') ? `B${sealed.slice(1)}` : `A${sealed.slice(1)}`;
    const moved = `${cookieName}.4=${sealed}`;
    expect(await take(1, { cookie: `${name}=${altered}` })).toEqual({ reason: 'login_unknown' });
    expect(await take(1, { cookie: `${name}={"state":"${state(1)}"}` })).toEqual({ reason: 'login_unknown' });
    expect(await take(2, { cookie: moved })).toEqual({ reason: 'login_unknown' });
  });
});

test.each(['; ', ';', ' ;  '])('a login transaction is found among other cookies parted by %p', async (parting) => {
  await begin(1);
  const [name = ''] = names();
  const sealed = browser.cookies(site).get(name)?.value ?? '';
  const cookie = ['alone', 'a=b=c', `${name}=${sealed}`, `${name}=second`, '='].join(parting);
  expect(await take(1, { cookie })).toMatchObject({ state: state(1) });
});

test.each(['\xA0', '\x85', '\xAD', '=', '"'])(
  'a login transaction is not read from a cookie whose name has %j before it, as another site could set it',
  async (byte) => {
    await begin(1);
    const cookie = browser.cookieHeader(site);
    expect(await take(1, { cookie: byte + cookie })).toEqual({ reason: 'login_unknown' });
    expect(await take(1, { cookie: `\t ${cookie}` })).toMatchObject({ state: state(1) });
  },
);

describe('cookies that no browser would send do no harm', () => {
  const six = (name: (n: number) => string) => [1, 2, 3, 4, 5, 6].map((n) => `${name(n)}=x`).join('; ');

  test.each([
    ['an empty name', '=x'],
    ['nothing but a name', `${cookieName}.${state(1).slice(0, 16)}`],
    ['a name with a blank', six((n) => `${cookieName}.a ${n}`)],
    ['a name beyond ASCII', six((n) => `${cookieName}.é${n}`)],
    ['names that mean something to JavaScript', '__proto__=x; constructor=y; toString=z'],
    ['a value with broken escapes', `${cookieName}.${state(1).slice(0, 16)}=%E0%A4%A`],
  ])('%s', async (_, cookie) => {
    const headers = { cookie };
    const begun = await browser.request(`${site}/begin?state=${state(1)}`, { headers });
    expect(begun.status).toBe(200);
    for (const query of ['', '?state=', `?state=${state(1)}`, '?state=a%201', '?state=%C3%A91']) {
      const { body } = await browser.request(`${site}/take${query}`, { headers });
      expect(JSON.parse(body)).toEqual({ reason: 'login_unknown' });
    }
  });
});
