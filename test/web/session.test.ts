import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@jest/globals';
import express from 'express';
import { loadAppConfig } from '../../src/config/config.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { createSessionMiddleware } from '../../src/web/session.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import { get, login, set } from '../support/sessions.ts';

const closing = closeAfterEach();

const env = {
  LD_OAUTH_CLIENT_ID: '50666563-9144-4125-b822-33f308227e45',
  LD_OAUTH_CLIENT_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
  LD_OAUTH_REDIRECT_URI: 'http://localhost:8080/auth/callback',
  LD_ACCOUNT_ID: '77c39378360b7f6e763783ce',
  SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
};

test('a slow request that changes nothing undoes nothing that others changed meanwhile, even in a session that has aged', async () => {
  let now = Date.now();
  const store = await openSessionStore('memory:', { idleMs: 3_600_000, maxMs: 86_400_000, now: () => now });
  const app = express();
  app.use(createSessionMiddleware(loadAppConfig({ env, envFile: null }), store));
  app.get('/auth/callback', (req, res) => {
    req.session.launchDarklyLogin = login();
    res.send(req.sessionID);
  });
  app.get('/slow', async (req, res) => {
    const found = (await get(store, req.sessionID))!;
    await set(store, req.sessionID, { ...found, finishedLogins: [{ state: 'meanwhile', returnTo: '/' }] });
    res.send('done');
  });
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closing({
    async close() {
      server.closeAllConnections();
      server.close();
      await store.close();
    },
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const begun = await fetch(`${url}/auth/callback`);
  const id = await begun.text();
  now += 10 * 60_000;
  const slow = await fetch(`${url}/slow`, { headers: { cookie: begun.headers.getSetCookie().join() } });
  expect(await slow.text()).toBe('done');
  expect(await get(store, id)).toMatchObject({ finishedLogins: [{ state: 'meanwhile' }] });
});
