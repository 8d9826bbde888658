import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, jest, test } from '@jest/globals';
import express from 'express';
import { createLoginLoopGuard } from '../../src/auth/login-loop-guard.ts';
import { Browser } from '../support/browser.ts';
import { closeAfterEach } from '../support/close-after-each.ts';

const closing = closeAfterEach();
const cookieName = 'logins-abc';

afterEach(() => {
  jest.restoreAllMocks();
});

/** `/login` counts a login that succeeded, `/page` is a page on which nobody is logged in. */
async function startSite(): Promise<string> {
  const guard = createLoginLoopGuard({ cookieName, secure: false });
  const app = express();
  app.get('/login', (req, res) => {
    guard.recordLogin(req, res);
    res.end();
  });
  app.get('/page', (req, res) => {
    try {
      guard.assertNoLoop(req, res);
      res.end('to log in');
    } catch {
      res.end('stopped');
    }
  });
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

test('two logins within a minute after which nobody is logged in are stopped, once', async () => {
  const site = await startSite();
  const browser = new Browser();
  const page = async () => (await browser.request(`${site}/page`)).body;
  await browser.request(`${site}/login`);
  expect(await page()).toBe('to log in');
  await browser.request(`${site}/login`);
  expect(await page()).toBe('stopped');
  expect(await page()).toBe('to log in');
});

test('logins that are more than a minute apart are no loop', async () => {
  const site = await startSite();
  const browser = new Browser();
  await browser.request(`${site}/login`);
  await browser.request(`${site}/login`);
  const now = Date.now();
  jest.spyOn(Date, 'now').mockReturnValue(now + 61_000);
  expect((await browser.request(`${site}/page`)).body).toBe('to log in');
});

test('a count is not read from a cookie that another site could have set', async () => {
  const site = await startSite();
  const ask = async (cookie: string) => (await new Browser().request(`${site}/page`, { headers: { cookie } })).body;
  expect(await ask(`${cookieName}=9`)).toBe('stopped');
  expect(await ask(`\xA0${cookieName}=9`)).toBe('to log in');
});
