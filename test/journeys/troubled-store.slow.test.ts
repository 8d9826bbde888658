import { once } from 'node:events';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import express from 'express';
import { request } from 'undici';
import { createApp } from '../../src/app.ts';
import type { Login } from '../../src/auth/index.ts';
import { loadAppConfig } from '../../src/config/config.ts';
import { createLogger } from '../../src/logging/log.ts';
import type { SessionStore } from '../../src/session-store/open-session-store.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { createSessionMiddleware } from '../../src/web/session.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import type { TappedApp } from '../support/tapped-app.ts';
import { startTappedApp } from '../support/tapped-app.ts';
import { authorize } from '../support/test-app.ts';

/*
 * A login begins at an app and ends at a second one like it, whose session store is slow or fails. undici hands over an
 * answer as soon as its headers are there: that is when a browser follows a redirect.
 */

let app: TappedApp;
let store: SessionStore;
const closing = closeAfterEach();

beforeAll(async () => {
  app = await startTappedApp({ env: { FLOW_INSPECTOR: 'off' } });
});
beforeEach(async () => {
  app.tap.reset();
  store = await openSessionStore('memory:', { idleMs: 60_000, maxMs: 60_000 });
});
afterAll(() => app.close());

test('the redirect after a login waits until a slow store has the session', async () => {
  const set = store.set.bind(store);
  let stored = false;
  store.set = (id, session, done) =>
    void setTimeout(() => {
      stored = true;
      set(id, session, done);
    }, 300);
  const { statusCode, atHeaders } = await finishLogin(() => stored);
  expect({ statusCode, stored: atHeaders }).toEqual({ statusCode: 303, stored: true });
});

test('a login that the store cannot keep leaves no session, and revokes nothing, which might end other sessions of that member', async () => {
  const set = store.set.bind(store);
  let refusals = 1;
  store.set = (id, session, done) => {
    if (refusals-- > 0) done?.(Object.assign(new Error('unavailable'), { code: 'SESSION_STORE_UNAVAILABLE' }));
    else set(id, session, done);
  };
  const { statusCode, headers, body } = await finishLogin();
  expect(statusCode).toBe(503);
  expect(body).toContain('<code>session_store_unavailable</code>');
  expect(String(headers['set-cookie'])).not.toContain('session');
  expect(await app.isGood(app.tap.accessTokens()[0] ?? '')).toBe(true);
  expect(app.log().filter(({ event }) => event === 'revocation_failed')).toEqual([]);
});

test('an answer that is streamed before the session is stored still carries its cookie', async () => {
  const streaming = express();
  Object.defineProperty(streaming.request, 'secure', { value: true });
  streaming.use(createSessionMiddleware(loadAppConfig({ env: app.env, envFile: null }), store));
  streaming.get('/auth/callback', (req, res) => {
    req.session.launchDarklyLogin = { revision: 1, startedAt: Date.now() } as Login;
    res.write('first');
    res.end('second');
  });
  const { headers } = await ask(streaming, '/auth/callback', {});
  expect(String(headers['set-cookie'])).toMatch(/^__Host-session-/);
});

/** Ends a login at the second app. `look` is asked when the headers of its answer are there. */
async function finishLogin(look?: () => unknown) {
  const { callback, browser } = await authorize(app);
  const config = loadAppConfig({ env: { ...app.env, TLS: 'proxy' }, envFile: null });
  const logger = createLogger({ level: 'silent', format: 'json' });
  const second = createApp(config, { store, logger, isStopping: () => false });
  const headers = { cookie: browser.cookieHeader(app.url), accept: 'text/html' };
  closing(second);
  return ask(second.handler, callback.pathname + callback.search, headers, look);
}

async function ask(handler: RequestListener, path: string, headers: Record<string, string>, look?: () => unknown) {
  const server = createServer(handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const answer = await request(`http://127.0.0.1:${port}${path}`, { headers });
  const atHeaders = look?.();
  const body = await answer.body.text();
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
  await store.close();
  return { statusCode: answer.statusCode, headers: answer.headers, body, atHeaders };
}
