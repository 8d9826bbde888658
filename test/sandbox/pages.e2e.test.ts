import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { HtmlValidate } from 'html-validate';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { circumstances, describeInChromium, problemsOf } from '../support/chromium.ts';
import type { RegisteredClient } from './support.ts';
import { api, authorizeUrl, registerClient, visit } from './support.ts';

let sandbox: Sandbox;
let client: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, switches: { httpLocalhostRedirectUris: true } });
  client = await registerClient(sandbox);
  sandbox.setFaults([
    { endpoint: 'clients', fault: 'answer_lost', method: 'DELETE', times: 2 },
    { endpoint: 'revoke', fault: 'slow', delayMs: 10 },
  ]);
  sandbox.changePersona('una.unverified@acme.example', { removed: true });
  await api(sandbox, 'DELETE', `/oauth/clients/x`).catch(() => {});
  await api(sandbox, 'GET', '/members/me');
});
afterAll(() => sandbox.close());

const login = (email: string) => {
  const request = new URL(authorizeUrl(sandbox, client, { scope: 'writer offline_access' })).search.slice(1);
  return `${sandbox.url}/trust/oauth/login?${new URLSearchParams({ email, request })}`;
};

const pages: readonly [name: string, url: () => string][] = [
  ['sign-in', () => authorizeUrl(sandbox, client, { login_hint: 'yuki@acme.example' })],
  ['account chooser', () => login('terry.two@acme.example')],
  ['consent', () => login('ariel.reader@acme.example')],
  ['outsider', () => login('gus.globex@globex.example')],
  ['refused request', () => `${sandbox.url}/trust/oauth/authorize?client_id=x`],
  ['not found', () => `${sandbox.url}/nowhere`],
  ['overview', () => `${sandbox.url}/`],
  ['ledger', () => `${sandbox.url}/__sandbox/ledger`],
  ['failure menu', () => `${sandbox.url}/__sandbox/faults`],
  ['personas', () => `${sandbox.url}/__sandbox/personas`],
  ['switches', () => `${sandbox.url}/__sandbox/switches?done=switches-saved`],
  ['question', () => `${sandbox.url}/__sandbox/confirm?action=reset-all`],
];

describe('Every page of the sandbox is valid HTML and says that it is not LaunchDarkly', () => {
  test.each(pages)('%s', async (_, url) => {
    const text = await (await visit(url(), { headers: { Accept: 'text/html' } })).text();
    expect(text).toContain('This is not LaunchDarkly');
    const report = await new HtmlValidate().validateString(text);
    const messages = report.results.flatMap(({ messages }) => messages);
    expect(messages.map(({ ruleId, message, line }) => `${line}: ${ruleId}: ${message}`)).toEqual([]);
  });
});

describeInChromium('The sandbox in a browser', (openPage) => {
  test.each(pages)('axe finds nothing on the page: %s', async (_, url) => {
    for (const [name, { size, ...circumstance }] of circumstances) {
      const page = await openPage({ viewport: size, ...circumstance });
      await page.goto(url());
      const problems = await problemsOf(page);
      expect(problems.map((problem) => `${name}: ${problem}`)).toEqual([]);
      await page.context().close();
    }
  });

  test('a login by keyboard only, without JavaScript, to an app on another origin that redirects on', async () => {
    const app = createServer((req, res) => {
      if (req.url?.startsWith('/callback'))
        res.writeHead(302, { Location: `http://localhost:${port}/home` }).end();
      else res.end(`arrived at ${req.url}`);
    });
    await new Promise<void>((resolve) => app.listen(0, '127.0.0.1', resolve));
    const { port } = app.address() as AddressInfo;
    const redirectUri = `http://127.0.0.1:${port}/callback`;
    const registered = await registerClient(sandbox, redirectUri);
    const page = await openPage({ javaScriptEnabled: false });
    await page.goto(authorizeUrl(sandbox, registered, { redirect_uri: redirectUri, login_hint: undefined }));
    await page.getByRole('button', { name: 'will.writer@acme.example' }).focus();
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Authorize', exact: true }).focus();
    await page.keyboard.press('Space');
    await page.waitForURL(`http://localhost:${port}/home`);
    expect(await page.getByText('arrived at /home').isVisible()).toBe(true);
    app.closeAllConnections();
    app.close();
  });

  test('the failure menu, the personas and the clock are worked by their buttons', async () => {
    const page = await openPage();
    await page.goto(`${sandbox.url}/__sandbox/faults`);
    const form = page.getByRole('form', { name: /Code exchange/ });
    await form.getByLabel('Failure').selectOption('short_lifetimes');
    await form.getByRole('button', { name: 'Switch on' }).click();
    await page.getByRole('button', { name: /Switch off: Short lifetimes/ }).waitFor();
    expect(sandbox.faults()[0]).toEqual({ endpoint: 'token', fault: 'short_lifetimes', times: 1 });
    await page.getByRole('button', { name: 'Switch all off' }).click();
    await page.getByText('all is well').waitFor();

    await page.getByRole('link', { name: 'Personas' }).click();
    await page.getByRole('button', { name: 'Remove yuki@acme.example' }).click();
    await page.getByRole('button', { name: 'Put back yuki@acme.example' }).waitFor();

    await page.getByRole('link', { name: 'Switches' }).click();
    await page.getByLabel('Require PKCE').check();
    await page.getByRole('button', { name: 'Save' }).click();
    await page.waitForLoadState();
    expect(await page.getByLabel('Require PKCE').isChecked()).toBe(true);

    await page.getByRole('link', { name: 'Overview' }).click();
    await page.getByLabel('Let time pass').selectOption('1h');
    await page.getByRole('button', { name: 'Go' }).click();
    await page.getByText('3600 seconds ahead').waitFor();
    await page.getByRole('link', { name: 'Start over, keep clients' }).click();
    await page.getByRole('button', { name: 'Yes, start over' }).click();
    await page.getByRole('status').getByText('Started over.').waitFor();
    await page.getByText('seconds ahead').waitFor({ state: 'detached' });
    expect(await page.getByText('Test app').first().isVisible()).toBe(true);
  });
});
