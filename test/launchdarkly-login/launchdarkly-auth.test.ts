import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import { ConfigError } from '../../src/config/config.ts';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import {
  createLaunchDarklyAuth,
  type LaunchDarklyAuthOptions,
} from '../../src/launchdarkly-login/launchdarkly-auth.ts';
import { type Sandbox, startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { ariel, freePort } from '../support/test-app.ts';

const secret = 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs';
const closing = closeAfterEach();
const http = createHttp();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, switches: { httpLocalhostRedirectUris: true } });
});
afterAll(async () => {
  await http.close();
  await sandbox.close();
});

/** Registers a client, serves the smallest app there is, and says what it answers to the persona who logs in. */
async function logInto(optionsFor: (client: Registered) => LaunchDarklyAuthOptions | undefined) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const redirectUri = `${origin}/auth/callback`;
  const api = createLaunchDarkly({ baseUri: sandbox.url, http });
  const client = await api.createOAuth2Client({ apiToken: sandbox.adminToken }, { name: 'Lifted', redirectUri });
  const auth = createLaunchDarklyAuth(optionsFor({ ...client, clientSecret: client.clientSecret ?? '', redirectUri }));
  const app = express();
  app.use(session({ secret, resave: false, saveUninitialized: false }));
  app.use(auth.router);
  app.get('/private', auth.requireLogin, (req, res) => void res.json({ hello: auth.currentUser(req)?.email }));
  const server = app.listen(port, 'localhost');
  closing({
    async close() {
      server.close();
      server.closeAllConnections();
    },
  });
  const browser = new Browser();
  const personas = await browser.visit(`${origin}/private`);
  const page = await browser.press(await browser.press(personas, ariel.email), 'Authorize');
  return { status: page.status, body: page.body };
}

/** A client that the sandbox has registered, and its redirect URI. */
interface Registered {
  clientId: string;
  clientSecret: string;
  accountId: string;
  redirectUri: string;
}

const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

const settingsOf = ({ clientId, clientSecret, accountId, redirectUri }: Registered) => ({
  LD_BASE_URI: sandbox.url,
  LD_OAUTH_CLIENT_ID: clientId,
  LD_OAUTH_CLIENT_SECRET: clientSecret,
  LD_OAUTH_REDIRECT_URI: redirectUri,
  LD_ACCOUNT_ID: accountId,
  SESSION_SECRET: secret,
});

describe('createLaunchDarklyAuth', () => {
  test('logs a member in with the options it is given', async () => {
    const answer = await logInto(({ clientId, clientSecret, accountId, redirectUri }) => ({
      baseUri: sandbox.url,
      ...{ clientId, clientSecret, redirectUri, secrets: [secret], allowedAccounts: [accountId] },
    }));
    expect(answer).toEqual({ status: 200, body: JSON.stringify({ hello: ariel.email }) });
  });

  test('without arguments, reads the settings that bootstrap writes from the environment', async () => {
    const answer = await logInto((client) => void Object.assign(process.env, settingsOf(client)));
    expect(answer).toEqual({ status: 200, body: JSON.stringify({ hello: ariel.email }) });
  });

  test('what it is given takes precedence over the settings', async () => {
    const { status } = await logInto((client) => {
      Object.assign(process.env, settingsOf(client), { LD_ALLOWED_ROLES: 'reader' });
      return { allowedRoles: ['admin'] };
    });
    expect(status).toBe(403);
  });

  test('names every missing setting at once', () => {
    expect(() => createLaunchDarklyAuth()).toThrow(ConfigError);
    expect(() => createLaunchDarklyAuth({ paths: {} })).toThrow(
      /LD_OAUTH_CLIENT_ID[\s\S]*LD_OAUTH_CLIENT_SECRET[\s\S]*LD_ALLOWED_ACCOUNTS[\s\S]*SESSION_SECRET/,
    );
  });

  test('with a client of its own it reads no setting, and says which option is wrong', () => {
    const rest = { clientId: 'c1', clientSecret: 's', redirectUri: 'https://a.example/x', secrets: [secret] };
    expect(() => createLaunchDarklyAuth({ ...rest, allowedAccounts: '*', secrets: [] })).toThrow(
      /secrets must be a list/,
    );
    expect(() => createLaunchDarklyAuth(rest)).toThrow(/allowedAccounts must list/);
    expect(() => createLaunchDarklyAuth({ ...rest, allowedAccounts: [''] })).toThrow(/allowedAccounts must list/);
  });
});
