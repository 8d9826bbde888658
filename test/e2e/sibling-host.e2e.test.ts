import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { createServer, request, type Server } from 'node:https';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chromium } from 'playwright-core';
import { cookieName } from '../../src/auth/index.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { selfSigned } from '../support/certificates.ts';
import { freePort } from '../support/free-port.ts';
import { listening, registeredAt, startServerProcess } from '../support/server-process.ts';
import { ariel } from '../support/test-app.ts';
import { describeWith } from '../support/when-installed.ts';

/** `app.corp.test` is the app, `evil.corp.test` a neighbour that may set cookies for all of `corp.test`. */
describeWith('chromium', 'chromium', 'a neighbouring host', (executablePath) => {
  const closing: (() => Promise<unknown>)[] = [];
  let appUrl: string;
  let evilUrl: string;
  let redirectUri: string;
  let cookieToPlant: string;
  let leadTo: string;

  beforeAll(async () => {
    const sandbox = await startSandbox({ port: 0 });
    closing.push(() => sandbox.close());
    const port = await freePort();
    appUrl = `https://app.corp.test:${port}`;
    redirectUri = `${appUrl}/auth/callback`;
    const settings = await registeredAt(sandbox, redirectUri);
    const app = await startServerProcess({ ...settings, HOST: '127.0.0.1', PORT: String(port) });
    closing.push(() => app.close());
    await listening(app);
    const evil: Server = createServer(await selfSigned('evil.corp.test'), (_req, res) => {
      const planted = `${cookieToPlant}; Domain=corp.test; Path=/; Secure`;
      res.writeHead(303, { Location: leadTo, 'Set-Cookie': planted }).end();
    });
    const evilPort = await freePort();
    evil.listen(evilPort, '127.0.0.1');
    await once(evil, 'listening');
    closing.push(async () => {
      evil.closeAllConnections();
      evil.close();
    });
    evilUrl = `https://evil.corp.test:${evilPort}`;
  });
  afterAll(async () => {
    for (const close of closing.reverse()) await close();
  });

  /** The attacker's own login, begun at the app by its name, which only Chromium is told how to resolve. */
  async function startLogin(): Promise<IncomingMessage> {
    const { port, host } = new URL(appUrl);
    const asked = request({
      host: '127.0.0.1',
      port,
      path: '/auth/login',
      headers: { host, accept: 'text/html' },
      rejectUnauthorized: false,
    }).end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    answer.resume();
    return answer;
  }

  /** What a victim sees, and whether they are logged in, after a visit to the neighbour. */
  async function visitEvil(): Promise<{ text: string; me: number; planted: string[] }> {
    const browser = await chromium.launch({
      executablePath,
      args: ['--no-sandbox', '--host-resolver-rules=MAP *.corp.test 127.0.0.1'],
    });
    try {
      const context = await browser.newContext({ ignoreHTTPSErrors: true });
      const page = await context.newPage();
      await page.goto(evilUrl);
      const text = await page.content();
      const me = await page.goto(`${appUrl}/api/me`);
      const planted = (await context.cookies(appUrl)).map(({ name }) => name);
      return { text, me: me?.status() ?? 0, planted };
    } finally {
      await browser.close();
    }
  }

  test.each([0xa0, undefined])('cannot log a victim in as somebody else, with byte %p before __Host-', async (byte) => {
    const prefix = byte === undefined ? '' : String.fromCharCode(byte);
    const attacker = new Browser();
    const begun = await startLogin();
    const personas = await attacker.visit(begun.headers.location ?? '');
    const answer = await attacker.submit(await attacker.press(personas, ariel.email), 'Authorize');
    const login = begun.headers['set-cookie']?.find((line) => line.includes('login-')) ?? '';
    cookieToPlant = prefix + login.split(';', 1)[0];
    leadTo = answer.location ?? '';
    const { text, me, planted } = await visitEvil();
    expect(planted.length).toBe(byte === undefined ? 0 : 1);
    expect(text).toContain('<code>');
    expect(me).toBe(401);
  });

  test('cannot make every page say that logging in does not stick', async () => {
    cookieToPlant = `\xA0${cookieName('logins', redirectUri)}=9`;
    leadTo = `${appUrl}/account`;
    const { text } = await visitEvil();
    expect(text).not.toContain('login_loop');
    expect(text).toContain(ariel.email);
  });
});
