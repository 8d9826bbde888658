import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import { createAuth, currentUser, mintSession, type User } from '../../src/auth/index.ts';
import { describeInChromium } from '../support/chromium.ts';

const secrets: [string] = ['qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs'];
const sessionSecret = 'a session secret';
const user: User = {
  id: 'm1',
  accountId: 'a1',
  email: 'ida@example.com',
  role: 'reader',
  customRoles: [],
  teams: [],
};
const store = new session.MemoryStore();
let server: Server;

beforeAll(async () => {
  const auth = createAuth({
    server: {
      issuer: 'https://ld.example',
      authorization_endpoint: 'https://ld.example/authorize',
      token_endpoint: 'https://ld.example/token',
    },
    clientId: 'c1',
    clientSecret: 's1',
    redirectUri: 'http://localhost/auth/callback',
    scope: 'reader',
    secrets,
    fetchUser: async () => user,
  });
  const app = express();
  app.use(session({ store, secret: sessionSecret, resave: false, saveUninitialized: false }));
  app.get('/private', auth.requireLogin, (req, res) => void res.send(`Hello ${currentUser(req)?.email}`));
  server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});

afterAll(() => void server.close());

describeInChromium('a minted session', (openPage) => {
  test('logs a browser in, as docs/testing.md says', async () => {
    const page = await openPage();
    const app = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };

    const { name, value } = await mintSession({ store, sessionSecret, secrets, clientId: 'c1', user });
    await page.context().addCookies([{ name, value, url: app.url }]);
    await page.goto(`${app.url}/private`);

    expect(await page.textContent('body')).toBe('Hello ida@example.com');
    await page.context().close();
  });
});
