import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { loadAppConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/logging/log.ts';
import { startApp } from '../../src/start-app.ts';
import { Browser } from '../support/browser.ts';
import { ariel, freePort, logIn, startTestApp, type TestApp, whoAmI } from '../support/test-app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});

afterAll(() => app.close());

const experiment = '/tutorial/experiments/wrong-state';

test('another site cannot start an experiment, nor can a form without an origin', async () => {
  for (const headers of [
    { 'sec-fetch-site': 'cross-site' },
    { origin: 'https://attacker.example' },
    { origin: 'null' },
  ]) {
    const { status, body } = await new Browser().request(app.url + experiment, { form: { guess: 'refused' }, headers });
    expect(status).toBe(400);
    expect(body).toContain('bad_request');
  }
  expect(app.sandbox.ledger({ path: '/trust/oauth/authorize' })).toEqual([]);
});

test('an experiment leaves the login of the visitor alone, also when they are one of the usual test members', async () => {
  for (const as of [ariel.email, 'layla@acme.example']) {
    const { browser } = await logIn(app, { as });
    const removed = await browser.request(`${app.url}/tutorial/experiments/removed-member`, { form: { guess: 'out' } });
    expect(removed.body).toContain('You predicted that.');
    expect(await whoAmI(app, browser)).toEqual({ status: 200, email: as });
  }
});

test('a prediction that is not one of the answers is not repeated', async () => {
  const { body } = await new Browser().request(app.url + experiment, { form: { guess: '<b>toString</b>' } });
  expect(body).toContain('What happened');
  expect(body).not.toContain('You predicted');
  expect(body).not.toContain('<b>toString');
});

test('no secret of an experiment is on its page', async () => {
  const { body } = await new Browser().request(`${app.url}/tutorial/experiments/stolen-cookie`, { form: {} });
  expect(body).toContain('state=');
  expect(body).not.toMatch(/sandbox-(code|access|refresh|secret)-/);
});

test('the flow inspector links each message to the function behind it', async () => {
  const { page, browser } = await logIn(app, { returnTo: '/flow' });
  const links = [...page.body.matchAll(/href="(\/tutorial\/source\?file=[^"]*)"/g)].map(([, href = '']) => href);
  expect(links.length).toBeGreaterThan(4);
  for (const href of links) {
    const { status, location } = await browser.request(app.url + href.replaceAll('&amp;', '&'));
    expect([href, status, location]).toEqual([href, 303, expect.stringMatching(/\.ts#line-\d+$/)]);
  }
});

test('a name that is no function shows the whole file', async () => {
  for (const name of ['(', '.*', 'toString', '']) {
    const url = `${app.url}/tutorial/source?file=src/auth/sealer.ts&name=${encodeURIComponent(name)}`;
    expect((await new Browser().request(url)).status).toBe(200);
  }
});

test.each(['../.env', 'src/../.env', '/etc/passwd', 'src/auth/../../package.json', 'src/none.ts', ''])(
  'the source page does not show %p',
  async (file) => {
    const { status } = await new Browser().visit(`${app.url}/tutorial/source?file=${encodeURIComponent(file)}`);
    expect(status).toBe(404);
  },
);

test.each([
  ['https://app.example.com/auth/callback', 'http://127.0.0.1:4000', false],
  ['https://localhost:3000/auth/callback', 'https://app.launchdarkly.com', false],
  ['https://localhost:3000/auth/callback', 'http://127.0.0.1:4000', true],
])('with the redirect URI %s and LaunchDarkly at %s a tutorial is offered: %p', (redirectUri, baseUri, offered) => {
  const { LD_OAUTH_REDIRECT_URI: _, ...env } = app.env;
  const settings = { ...env, LD_OAUTH_REDIRECT_URI: redirectUri, LD_BASE_URI: baseUri };
  expect(loadAppConfig({ env: settings, envFile: null }).tutorial).toBe(offered);
});

test('behind a port forwarder, as in Codespaces, the experiments find app and sandbox on this machine', async () => {
  const redirectUri = 'https://abc-3000.example.dev/auth/callback';
  const registered = await fetch(`${app.sandbox.url}/api/v2/oauth/clients`, {
    method: 'POST',
    headers: { authorization: app.sandbox.adminToken, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'Forwarded', redirectUri }),
  });
  const client = (await registered.json()) as { _clientId: string; _clientSecret: string };
  const port = await freePort();
  const env = {
    ...app.env,
    LD_OAUTH_CLIENT_ID: client._clientId,
    LD_OAUTH_CLIENT_SECRET: client._clientSecret,
    LD_OAUTH_REDIRECT_URI: redirectUri,
    ...{ TLS: 'proxy', HOST: '127.0.0.1', PORT: String(port), SESSION_STORE: 'memory:' },
  };
  const config = {
    ...loadAppConfig({ env, envFile: null }),
    publicBaseUri: 'https://abc-4000.example.dev',
    tutorial: true,
  };
  const forwarded = await startApp(config, createLogger({ level: 'silent', format: 'json' }));
  try {
    const headers = { origin: 'https://abc-3000.example.dev', 'x-forwarded-proto': 'https' };
    const url = `http://127.0.0.1:${port}/tutorial/experiments/code-twice`;
    const { body } = await new Browser().request(url, { form: { guess: 'once' }, headers });
    expect(body).toContain('You predicted that.');
  } finally {
    forwarded.server.closeAllConnections();
    await forwarded.stop();
  }
});

test('where none is offered, its pages do not exist, and no page links to them', async () => {
  const redirectUri = `https://localhost:${await freePort()}/auth/callback`;
  const env = { ...app.env, LD_OAUTH_REDIRECT_URI: redirectUri, LD_BASE_URI: 'https://app.launchdarkly.com' };
  const config = loadAppConfig({ env: { ...env, SESSION_STORE: 'memory:' }, envFile: null });
  const other = await startApp(config, createLogger({ level: 'silent', format: 'json' }));
  try {
    const { origin } = config.redirectUri;
    for (const path of ['/tutorial', '/tutorial/experiments', experiment, '/tutorial/source?file=src/app.ts'])
      expect((await new Browser().request(origin + path)).status).toBe(404);
    expect((await new Browser().request(origin + experiment, { form: {} })).status).toBe(404);
    expect((await new Browser().visit(origin)).body).not.toContain('/tutorial');
  } finally {
    other.server.closeAllConnections();
    await other.stop();
  }
});
