import { randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser, type Page } from '../support/browser.ts';
import { selfSigned } from '../support/certificates.ts';
import { freePorts, nginx, startReverseProxy } from '../support/reverse-proxies.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';
import { ariel, startTestApp, whoAmI } from '../support/test-app.ts';
import { describeWith } from '../support/when-installed.ts';

const tabs = 40;

test('forty tabs of 900-character pages that are restored at once all end logged in on their page', async () => {
  const app = await startTestApp({ sandbox: { autoApprove: true } });
  try {
    await restoreTabs(app.url, app.sandbox);
  } finally {
    await app.close();
  }
}, 60_000);

describeWith('nginx', 'nginx', 'behind nginx with its default buffers', (executable) => {
  test('forty restored tabs all end logged in on their page', async () => {
    const ports = await freePorts();
    const url = `https://localhost:${ports.https}`;
    const sandbox = await startSandbox({ port: 0, autoApprove: true });
    const app = await startServerProcess({
      ...(await registeredAt(sandbox, `${url}/auth/callback`)),
      TLS: 'proxy',
      HOST: '127.0.0.1',
      PORT: String(ports.app),
      RATE_LIMIT: '100000',
    });
    let stopProxy = async () => {};
    try {
      await listening(app);
      const defaultBuffers = (config: string) =>
        config.replace(/^\s*(large_client_header_buffers|proxy_buffer\w*) .*$/gm, '');
      stopProxy = await startReverseProxy(executable, nginx, ports, await selfSigned('localhost'), defaultBuffers);
      await restoreTabs(url, sandbox);
    } finally {
      await stopProxy();
      await app.close();
      await sandbox.close();
    }
  }, 60_000);
});

/** One browser opens all tabs at once: no cookie of any login is there before every login has begun. */
async function restoreTabs(url: string, sandbox: Sandbox): Promise<void> {
  const browser = new Browser();
  // Random, so that nothing can make it shorter.
  const pages = Array.from({ length: tabs }, () => `${url}/account?${randomBytes(675).toString('base64url')}`);
  const sentToLogIn = await Promise.all(pages.map((page) => browser.request(page)));
  const begun = await Promise.all(sentToLogIn.map(({ location = '' }) => browser.request(location)));
  expect(begun.map(({ status }) => status)).toEqual(pages.map(() => 303));
  expect(browser.cookieHeader(url).length).toBeLessThan(4_000);
  const ends = await Promise.all(begun.map((page) => follow(browser, page, sandbox)));
  expect(ends.map((page) => `${page.status} ${page.url}`)).toEqual(pages.map((page) => `200 ${page}`));
  expect(await whoAmI({ url }, browser)).toEqual({ status: 200, email: ariel.email });
  expect(browser.cookieHeader(url).length).toBeLessThan(4_000);
}

/** As `browser.follow`, but LaunchDarkly knows this member already and asks nothing. */
async function follow(browser: Browser, page: Page, sandbox: Sandbox): Promise<Page> {
  let current = page;
  for (let hops = 0; current.location !== undefined; hops++) {
    expect(hops).toBeLessThan(30);
    const known = current.location.startsWith(sandbox.url) ? `&login_hint=${ariel.email}` : '';
    current = await browser.request(current.location + known);
  }
  return current;
}
