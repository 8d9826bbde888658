import { expect, test } from '@jest/globals';
import { publicAddress } from '../../scripts/doctor/address-checks.ts';
import type { Setup } from '../../scripts/doctor/check.ts';
import { loadAppConfig } from '../../src/config/config.ts';
import { Browser } from '../support/browser.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { type DevProxy, startDevServer } from '../support/dev-server.ts';
import { read } from '../support/documents.ts';
import { ariel, freePort, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

const closing = closeAfterEach();
const json = { headers: { accept: 'application/json' } };

/** The app, registered with the address of the development server, which passes on what `proxy` says. */
async function start(proxy: (port: number) => Record<string, DevProxy>, env: Record<string, string> = {}) {
  const port = await freePort();
  const app = closing(await startTestApp({ env: { PORT: String(port), ...env } }));
  closing(await startDevServer(Number(new URL(app.url).port), proxy(port)));
  return app;
}

/** The recipe of the guide, with the app at another port. */
async function recipe(port: number): Promise<Record<string, DevProxy>> {
  const [, code = ''] = /<!-- run: vite -->\n```js\n(.*?)```/s.exec(read('docs/deployment.md')) ?? [];
  const text = code.replace('127.0.0.1:3000', `127.0.0.1:${port}`);
  const { default: config } = await import(`data:text/javascript,${encodeURIComponent(text)}`);
  return config.server.proxy;
}

test('the recipe for Vite: login, API and logout work from pages of the development server', async () => {
  const port = await freePort();
  const settings = { TLS: 'proxy', HOST: '127.0.0.1', PORT: String(port) };
  const app = closing(await startTestApp({ env: settings }));
  closing(await startDevServer(Number(new URL(app.url).port), await recipe(port)));
  const browser = new Browser();
  expect((await browser.request(`${app.url}/api/me`, json)).status).toBe(401);
  const { page } = await logIn(app, { browser, returnTo: '/where/you/are' });
  expect([page.url, page.body]).toEqual([`${app.url}/where/you/are`, expect.stringContaining('The front end')]);
  expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
  const out = await browser.visit(`${app.url}/auth/logout`, { form: {} });
  expect([out.status, out.url]).toEqual([200, `${app.url}/logged-out`]);
  const [, style = ''] = /href="(\/assets\/site[^"]*)"/.exec(out.body) ?? [];
  expect((await browser.request(app.url + style)).headers.get('content-type')).toContain('text/css');
  expect(await whoAmI(app, browser)).toEqual({ status: 401 });
  expect(app.log().filter(({ event }) => /^proxy_|redirect_loop/.test(String(event)))).toEqual([]);
});

test('a development server that replaces Host is stopped after three redirects, and the doctor says what to change', async () => {
  const app = await start((port) => ({
    '/': { target: `https://localhost:${port}`, changeOrigin: true, secure: false },
  }));
  const browser = new Browser();
  const page = await browser.visit(`${app.url}/account`);
  expect(browser.history.map(({ status }) => status)).toEqual([308, 308, 308, 500]);
  expect(page.body).toContain('redirect_loop');
  expect(app.log().filter(({ event }) => event === 'redirect_loop')).toEqual([
    expect.objectContaining({ msg: expect.stringContaining('changeOrigin: false') }),
  ]);
  const config = loadAppConfig({ env: { ...app.env }, envFile: null });
  expect(await publicAddress.run({ config } as Setup)).toMatchObject({
    status: 'failed',
    fix: expect.stringContaining('changeOrigin: false'),
  });
});

test('one that leaves Host alone works with the app’s own TLS', async () => {
  const app = await start((port) => ({ '/': { target: `https://localhost:${port}`, secure: false } }));
  const { page } = await logIn(app, { returnTo: '/account' });
  expect([page.status, page.url]).toEqual([200, `${app.url}/account`]);
});
