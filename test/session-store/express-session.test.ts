import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import type { SessionStore } from '../../src/session-store/open-session-store.ts';
import { openSessionStore } from '../../src/session-store/open-session-store.ts';
import { sessionEngines } from '../support/session-engines.ts';
import { login } from '../support/sessions.ts';

const lifetimes = { idleMs: 3_600_000, maxMs: 86_400_000 };

describe.each(Object.entries(await sessionEngines()))('express-session with its sessions in %s', (_e, setting) => {
  let store: SessionStore;
  let url: string;
  let stop: () => Promise<void>;
  /** Lets the slow request go on. */
  let goOn: () => void;
  let slowStarted: Promise<void>;

  beforeEach(async () => {
    store = await openSessionStore(setting, lifetimes);
    const app = express();
    app.use(session({ store, secret: 'a secret of this test', resave: false, saveUninitialized: false }));
    app.get('/in', (req, res) => {
      req.session.launchDarklyLogin = login();
      res.send('in');
    });
    app.get('/out', (req, res, next) => req.session.destroy((error) => (error ? next(error) : res.send('out'))));
    app.get('/in-again', (req, res, next) => {
      req.session.finishedLogins = [{ state: 'from before', returnTo: '/' }];
      const idBefore = req.sessionID;
      req.session.regenerate((error) => {
        if (error) return next(error);
        req.session.launchDarklyLogin = login();
        res.json({ idBefore, id: req.sessionID });
      });
    });
    app.get('/who', (req, res) => res.send(req.session.launchDarklyLogin?.user.email ?? 'nobody'));
    let began: () => void;
    slowStarted = new Promise((resolve) => {
      began = resolve;
    });
    const pause = new Promise<void>((resolve) => {
      goOn = resolve;
    });
    app.get('/slow', async (req, res) => {
      began();
      await pause;
      req.session.finishedLogins = [{ state: 'changed', returnTo: 'late' }];
      res.send('done');
    });
    app.get('/slow-save', async (req, res, next) => {
      began();
      await pause;
      req.session.finishedLogins = [{ state: 'changed', returnTo: 'late' }];
      req.session.save((error) => (error ? next(error) : res.send('done')));
    });
    const server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    stop = async () => {
      server.closeAllConnections();
      server.close();
      await store.close();
    };
  });
  afterEach(() => stop());

  const ask = async (path: string, cookie: string) => (await fetch(url + path, { headers: { cookie } })).text();

  async function logIn(): Promise<string> {
    const answer = await fetch(`${url}/in`);
    await answer.text(); // its end waits for the store
    return answer.headers.getSetCookie()[0]?.split(';')[0] ?? '';
  }

  const stored = (id: string) => new Promise((resolve) => store.get(id, (_error, found) => resolve(found)));

  test('a stored session that is regenerated gets another id, and the old one is gone', async () => {
    const { idBefore, id } = JSON.parse(await ask('/in-again', await logIn()));
    expect(id).not.toBe(idBefore);
    expect(await stored(idBefore)).toBeNull();
    expect(await stored(id)).toMatchObject({ launchDarklyLogin: { revision: 1 } });
    expect(await stored(id)).not.toHaveProperty('finishedLogins');
  });

  test('a session that is regenerated before it was ever stored is emptied', async () => {
    const { id } = JSON.parse(await ask('/in-again', ''));
    expect(await stored(id)).toMatchObject({ launchDarklyLogin: { revision: 1 } });
    expect(await stored(id)).not.toHaveProperty('finishedLogins');
  });

  test.each(['/slow', '/slow-save'])('a logout holds although %s changes the session when it is over', async (slow) => {
    const cookie = await logIn();
    expect(await ask('/who', cookie)).toBe(login().user.email);
    const late = ask(slow, cookie);
    await slowStarted;
    expect(await ask('/out', cookie)).toBe('out');
    goOn();
    expect(await late).toBe('done');
    expect(await ask('/who', cookie)).toBe('nobody');
  });

  test('a slow request that changes the session leaves a login that was renewed meanwhile alone', async () => {
    const cookie = await logIn();
    const late = ask('/slow', cookie);
    await slowStarted;
    const id = decodeURIComponent(cookie).split('s:')[1]?.split('.')[0] ?? '';
    await new Promise<void>((resolve) =>
      store.get(id, (_error, found) =>
        store.set(id, { ...found!, launchDarklyLogin: login({ revision: 2 }) }, () => resolve()),
      ),
    );
    goOn();
    await late;
    expect(await stored(id)).toMatchObject({
      launchDarklyLogin: { revision: 2 },
      finishedLogins: [{ state: 'changed', returnTo: 'late' }],
    });
  });
});
