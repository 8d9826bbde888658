import { once } from 'node:events';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import { ConfigError } from '../../src/config/config.ts';
import {
  createLaunchDarklyAuth,
  type LaunchDarklyAuthOptions,
} from '../../src/launchdarkly-login/launchdarkly-auth.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { freePort } from '../support/free-port.ts';
import {
  logInto,
  optionsOf,
  type RegisteredClient,
  registerClient,
  secret,
  startHttpSandbox,
} from '../support/lifted-app.ts';
import { ariel } from '../support/test-app.ts';

const closing = closeAfterEach();
let sandbox: Sandbox;

beforeAll(async () => {
  sandbox = await startHttpSandbox();
});
afterAll(() => sandbox.close());

/** Serves the smallest app there is, and says what it answers to the persona who logs in. */
async function answerWith(optionsFor: (client: RegisteredClient) => LaunchDarklyAuthOptions | undefined) {
  const port = await freePort();
  const origin = `http://localhost:${port}`;
  const auth = createLaunchDarklyAuth(optionsFor(await registerClient(sandbox, origin)));
  const app = express();
  app.use(session({ secret, resave: false, saveUninitialized: false }));
  app.use(auth.router);
  app.get('/private', auth.requireLogin, (req, res) => void res.json({ hello: auth.currentUser(req)?.email }));
  const server = app.listen(port, 'localhost');
  await once(server, 'listening');
  closing({
    async close() {
      server.close();
      server.closeAllConnections();
    },
  });
  const { status, body } = (await logInto(origin)).page;
  return { status, body };
}

const environment = { ...process.env };
afterEach(() => {
  process.env = { ...environment };
});

const settingsOf = ({ clientId, clientSecret, accountId, redirectUri }: RegisteredClient) => ({
  LD_BASE_URI: sandbox.url,
  LD_OAUTH_CLIENT_ID: clientId,
  LD_OAUTH_CLIENT_SECRET: clientSecret,
  LD_OAUTH_REDIRECT_URI: redirectUri,
  LD_ACCOUNT_ID: accountId,
  SESSION_SECRET: secret,
});

describe('createLaunchDarklyAuth', () => {
  test('logs a member in with the options it is given', async () => {
    const answer = await answerWith((client) => optionsOf(sandbox, client));
    expect(answer).toEqual({ status: 200, body: JSON.stringify({ hello: ariel.email }) });
  });

  test('without arguments, reads the settings that bootstrap writes from the environment', async () => {
    const answer = await answerWith((client) => void Object.assign(process.env, settingsOf(client)));
    expect(answer).toEqual({ status: 200, body: JSON.stringify({ hello: ariel.email }) });
  });

  test('what it is given takes precedence over the settings', async () => {
    const { status } = await answerWith((client) => {
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
