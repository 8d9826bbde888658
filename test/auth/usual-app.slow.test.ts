import { randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Express, Request, RequestHandler } from 'express';
import express from 'express';
import session from 'express-session';
import passport from 'passport';
import type { Auth } from '../../src/auth/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { Browser } from '../support/browser.ts';
import { installIntegrations } from '../support/integrations.ts';
import { type LiftedApp, logInto, startHttpSandbox, startLiftedApp } from '../support/lifted-app.ts';
import { ariel } from '../support/test-app.ts';

/*
 * An app of the usual kind: a password login with passport-local, which also notes `req.session.login`, CSRF tokens, flash
 * messages, a store of its own. Ours is put in beside it.
 */

/** What such apps keep in their sessions. */
interface OwnSession {
  login?: unknown;
  csrf?: string;
  flash?: string[];
}

let sandbox: Sandbox;
let app: LiftedApp;
let LocalStrategy: new (
  verify: (name: string, password: string, done: (e: unknown, u?: unknown) => void) => void,
) => passport.Strategy;

beforeAll(async () => {
  const require = await installIntegrations();
  LocalStrategy = require('passport-local').Strategy;
  sandbox = await startHttpSandbox();
}, 300_000);
afterAll(() => sandbox.close());
beforeEach(async () => {
  app = await startLiftedApp(sandbox, { mount: false, store: new session.MemoryStore(), add: addUsualApp });
});
afterEach(() => app.close());

const ownSession = (req: Request) => req.session as unknown as OwnSession;

const checkCsrf: RequestHandler = (req, res, next) => {
  const own = ownSession(req);
  own.csrf ??= randomUUID();
  if (req.method === 'GET' || req.body?._csrf === own.csrf) return next();
  res.status(403).send('invalid csrf token');
};

function addUsualApp(app: Express, auth: Auth): void {
  const own = new passport.Passport();
  own.use(new LocalStrategy((name, password, done) => done(null, password === 'correct' && { name })));
  own.serializeUser((user, done) => done(null, user));
  own.deserializeUser((user: Express.User, done) => done(null, user));

  app.use(auth.router); // after the session, before the CSRF protection
  app.use(express.urlencoded({ extended: false }), checkCsrf, own.initialize(), own.session());
  app.get('/sign-in', (req, res) => {
    res.send(`<form method="post" action="/sign-in"><input type="hidden" name="_csrf" value="${ownSession(req).csrf}">
      <input name="username" value="bob"><input name="password" value="correct"><button>Sign in</button></form>`);
  });
  app.post('/sign-in', own.authenticate('local'), (req, res) => {
    ownSession(req).login = (req.user as unknown as { name: string }).name;
    ownSession(req).flash = ['Welcome, bob'];
    res.redirect(303, '/');
  });
  app.post('/sign-out', (req, res, next) => {
    req.logout((error) => (error ? next(error) : res.redirect(303, '/')));
  });
  app.get('/', auth.loadLogin, (req, res) => {
    const { flash = [], csrf } = ownSession(req);
    delete ownSession(req).flash;
    res.json({ own: req.user ?? null, launchDarkly: auth.currentUser(req)?.email ?? null, flash, csrf });
  });
  app.get('/members', (req, res) => {
    if (!req.isAuthenticated()) return void res.status(401).end();
    res.json({ hello: req.user });
  });
}

const home = async (browser: Browser) => JSON.parse((await browser.request(`${app.url}/`)).body);
const asProgram = { headers: { accept: 'application/json' } };
const signIn = async (browser: Browser) => browser.press(await browser.visit(`${app.url}/sign-in`), 'Sign in');

test('a password does not open our door', async () => {
  const browser = new Browser();
  const { body } = await signIn(browser);
  expect(JSON.parse(body)).toMatchObject({ own: { name: 'bob' }, launchDarkly: null, flash: ['Welcome, bob'] });
  expect((await browser.request(`${app.url}/members`, asProgram)).status).toBe(200);
  expect((await browser.request(`${app.url}/private`, asProgram)).status).toBe(401);
  expect((await browser.request(`${app.url}/auth/verify`)).status).toBe(401);
});

test('a login with LaunchDarkly does not open theirs', async () => {
  const { browser, page } = await logInto(app.url);
  expect(page.status).toBe(200);
  expect(await home(browser)).toMatchObject({ own: null, launchDarkly: ariel.email });
  expect((await browser.request(`${app.url}/members`, asProgram)).status).toBe(401);
});

test('a login with LaunchDarkly replaces the password login, its CSRF token and its messages', async () => {
  const browser = new Browser();
  await signIn(browser);
  const before = await browser.request(`${app.url}/sign-in`);
  const token = /value="([\w-]{36})"/.exec(before.body)?.[1];
  await logInto(app.url, { browser });
  expect(await home(browser)).toMatchObject({ own: null, launchDarkly: ariel.email, flash: [] });
  const form = { _csrf: String(token) };
  expect((await browser.request(`${app.url}/sign-out`, { form })).status).toBe(403);
});

test('a password login afterwards starts a session of its own, without ours', async () => {
  const { browser } = await logInto(app.url);
  await signIn(browser);
  expect(await home(browser)).toMatchObject({ own: { name: 'bob' }, launchDarkly: null });
  expect((await browser.request(`${app.url}/private`, asProgram)).status).toBe(401);
});

test('our logout needs no CSRF token and ends the whole session; theirs needs one', async () => {
  const { browser } = await logInto(app.url);
  expect((await browser.request(`${app.url}/sign-out`, { form: {} })).status).toBe(403);
  const headers = { origin: app.url };
  expect((await browser.request(`${app.url}/auth/logout`, { method: 'POST', headers })).status).toBe(303);
  expect(await home(browser)).toMatchObject({ own: null, launchDarkly: null });
  const elsewhere = { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
  const again = (await logInto(app.url, { browser })).browser;
  expect((await again.request(`${app.url}/auth/logout`, { method: 'POST', headers: elsewhere })).status).toBe(403);
});

test.each([['bob'], [true], [{ user: { id: 'x' } }]])('req.session.login = %j opens nothing', async (value) => {
  const planted = await startLiftedApp(sandbox, {
    add: (app) => app.get('/plant', (req, res) => void res.json(Object.assign(req.session, { login: value }))),
  });
  try {
    const browser = new Browser();
    await browser.request(`${planted.url}/plant`);
    expect((await browser.request(`${planted.url}/private`, asProgram)).status).toBe(401);
  } finally {
    await planted.close();
  }
});

test('onLogin can log the member in as a user of the app, and its own guard then lets them pass', async () => {
  const own = new passport.Passport();
  own.serializeUser((user, done) => done(null, user));
  own.deserializeUser((user: Express.User, done) => done(null, user));
  const linked = await startLiftedApp(sandbox, {
    mount: false,
    options: {
      onLogin: (req, { user }) =>
        new Promise((resolve, reject) => {
          const found = { name: `own record of ${user.email}` };
          req.logIn(found, { session: true, keepSessionInfo: true }, (error) => (error ? reject(error) : resolve()));
        }),
    },
    add(app, auth) {
      app.use(own.initialize(), own.session(), auth.router);
      app.get('/members', (req, res) => void res.status(req.isAuthenticated() ? 200 : 401).json(req.user ?? null));
    },
  });
  try {
    const { browser, page } = await logInto(linked.url);
    expect(page.status).toBe(200);
    expect(JSON.parse((await browser.request(`${linked.url}/members`)).body)).toEqual({
      name: `own record of ${ariel.email}`,
    });
    await browser.request(`${linked.url}/auth/logout`, { method: 'POST', headers: { origin: linked.url } });
    expect((await browser.request(`${linked.url}/members`)).status).toBe(401);
  } finally {
    await linked.close();
  }
});
