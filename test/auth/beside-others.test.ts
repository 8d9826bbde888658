import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ErrorRequestHandler, Express } from 'express';
import express from 'express';
import type { SessionData } from 'express-session';
import session from 'express-session';
import supertest from 'supertest';
import type { AuthEvent, AuthOptions } from '../../src/auth/index.ts';
import { createAuth, LoginError, mintSession, type User } from '../../src/auth/index.ts';
import { launchDarklyOAuthServer } from '../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import type { Answer, HttpTestServer } from '../support/http-server.ts';
import { json, startHttpServer } from '../support/http-server.ts';

/* The login in an app that has logins, sessions and habits of its own. */

const secrets = ['qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs'];
const sessionSecret = 'a session secret';
const user: User = { id: 'm1', accountId: 'a1', email: 'i@example.com', role: 'reader', customRoles: [], teams: [] };
const closing = closeAfterEach();
let store: session.MemoryStore;
let server: HttpTestServer;
let answer: Answer;
let events: AuthEvent[];
let fetchUser: () => Promise<User>;

beforeEach(async () => {
  store = new session.MemoryStore();
  events = [];
  fetchUser = async () => user;
  answer = (_, response) =>
    json(response, 200, { access_token: 'fresh', refresh_token: 'r2', token_type: 'bearer', expires_in: 3600 });
  server = closing(await startHttpServer((received, response) => answer(received, response)));
});
afterEach(() => {
  jest.restoreAllMocks();
});

function optionsOf(changes: Partial<AuthOptions> = {}): AuthOptions {
  const ours = events; // a revocation may fail during the next test
  return {
    server: {
      issuer: server.url,
      authorization_endpoint: `${server.url}/authorize`,
      token_endpoint: `${server.url}/token`,
      revocation_endpoint: `${server.url}/revoke`,
    },
    clientId: 'c1',
    clientSecret: 's1',
    redirectUri: 'https://app.example/auth/callback',
    scope: 'reader',
    secrets,
    fetchUser: () => fetchUser(),
    report: (event) => ours.push(event),
    ...changes,
  };
}

const answerFailure: ErrorRequestHandler = (error, _req, res, _next) => {
  res.status(error.status ?? 500).json({ reason: error instanceof LoginError ? error.reason : String(error) });
};

/** An app with a memory store and what `add` puts into it. */
function appWith(add: (app: Express) => void): Express {
  const app = express();
  app.use(session({ store, secret: sessionSecret, resave: false, saveUninitialized: false }));
  add(app);
  app.use(answerFailure);
  return app;
}

async function logIn(tokens = {}, clientId = 'c1'): Promise<string> {
  const minted = { accessToken: 'first', ...tokens };
  const { name, value } = await mintSession({ store, sessionSecret, secrets, clientId, user, tokens: minted });
  return `${name}=${value}`;
}

/** A request for JSON, with this cookie. */
const ask = (app: Express, path: string, cookie: string) =>
  supertest(app).get(path).set({ cookie, accept: 'application/json' });

/** Begins a login in a browser and lets it come back; the callback's answer. */
async function comeBack(app: Express, cookies: string[] = [], login = '/auth/login', callback = '/auth/callback') {
  const begun = await supertest(app).get(login).set('cookie', cookies.join('; '));
  const state = new URL(begun.headers.location ?? '').searchParams.get('state');
  const jar = [...cookies, ...[begun.headers['set-cookie']].flat().map((line) => String(line).split(';')[0])];
  return supertest(app)
    .get(`${callback}?code=c&state=${encodeURIComponent(String(state))}`)
    .set('cookie', jar.join('; '));
}

test('a logout deletes the cookie of the session that the host app has set up, and no other', async () => {
  const auth = createAuth(optionsOf());
  const app = express();
  const cookie = { path: '/', sameSite: 'strict' as const, domain: 'app.example' };
  app.use(session({ store, secret: sessionSecret, name: 'sid', resave: false, saveUninitialized: false, cookie }));
  app.use(auth.router);
  const { value } = await mintSession({ store, sessionSecret, secrets, clientId: 'c1', user });
  const answer = await supertest(app).post('/auth/logout').set('cookie', `other=s%3Aother.x; sid=${value}`);
  expect(answer.status).toBe(303);
  expect(answer.headers['set-cookie']).toEqual([expect.stringMatching(/^sid=; Path=\/; Expires=Thu, 01 Jan 1970/)]);
});

describe("an app's own login", () => {
  test.each([['bob'], [true], [{ name: 'bob' }], [{ user, startedAt: 1, revision: 1 }]])(
    'under the key login (%j) is no login with LaunchDarkly',
    async (value) => {
      const auth = createAuth(optionsOf());
      const app = appWith((app) => {
        app.get('/own', (req, res) => {
          Object.assign(req.session, { login: value });
          res.end();
        });
        app.get('/private', auth.requireLogin, (_req, res) => void res.end('in'));
      });
      const agent = supertest.agent(app);
      await agent.get('/own');
      expect((await agent.get('/private').set('accept', 'application/json')).status).toBe(401);
    },
  );

  test('does not see the users of another client', async () => {
    const [staff, members] = [createAuth(optionsOf({ clientId: 'staff' })), createAuth(optionsOf())];
    const app = appWith((app) => {
      app.get('/staff', staff.requireLogin, (_req, res) => void res.end('in'));
      app.get('/who', (req, res) => void res.json([staff.currentUser(req) ?? null, members.currentUser(req)?.id]));
      app.get('/members', members.requireLogin, (_req, res) => void res.end('in'));
    });
    const cookie = await logIn();
    expect((await ask(app, '/staff', cookie)).status).toBe(401);
    expect((await ask(app, '/who', cookie)).body).toEqual([null, 'm1']);
    expect((await ask(app, '/members', cookie)).status).toBe(200);
  });

  test('may change the session id, and the tokens still open', async () => {
    const auth = createAuth(optionsOf());
    const app = appWith((app) => {
      app.get('/rotate', (req, res, next) => {
        const { launchDarklyLogin } = req.session;
        req.session.regenerate((error) => {
          if (launchDarklyLogin) req.session.launchDarklyLogin = launchDarklyLogin;
          if (error) next(error);
          else res.end();
        });
      });
      app.get('/token', auth.requireLogin, async (req, res) => {
        res.json(await auth.withAccessToken(req, async (token) => token));
      });
    });
    const rotated = await ask(app, '/rotate', await logIn());
    const cookie = String(rotated.headers['set-cookie']?.[0]).split(';')[0] ?? '';
    expect((await ask(app, '/token', cookie)).body).toBe('first');
  });
});

describe('createAuth', () => {
  test.each<[string, Record<string, unknown>, RegExp]>([
    ['an empty secret', { secrets: [''] }, /secrets.*at least 32/],
    ['no secret', { secrets: [] }, /secrets must be a list/],
    ['a short older secret', { secrets: [...secrets, 'short'] }, /at least 32/],
    ['a duration in words', { maxAge: '7d' }, /maxAge must be a number of milliseconds/],
    ['a revalidation of 0', { revalidateAfter: 0 }, /revalidateAfter must be/],
    ['NaN', { revalidateAfter: Number.NaN }, /revalidateAfter must be/],
    ['a negative limit', { timeoutSeconds: -1 }, /timeoutSeconds must be/],
    ['a query', { redirectUri: 'https://app.example/auth/callback?a=b' }, /no query/],
    ['a fragment', { redirectUri: 'https://app.example/auth/callback#a' }, /no fragment/],
    [
      'plain http',
      { server: launchDarklyOAuthServer('http://sandbox:4000') },
      /server\.token_endpoint must be an absolute https URL/,
    ],
    ['no URL', { redirectUri: '/auth/callback' }, /redirectUri must be an absolute/],
    ['the login path', { redirectUri: 'https://app.example/auth/login' }, /own path/],
    ['a chosen login path', { redirectUri: 'https://app.example/in', paths: { login: '/in' } }, /own path/],
    ['no client id', { clientId: '' }, /clientId must be/],
    ['no client secret', { clientSecret: undefined }, /clientSecret must be/],
    ['a parameter of the grant', { authorizationParameters: { client_id: 'x' } }, /authorizationParameters.client_id/],
    ['no fetchUser', { fetchUser: undefined }, /fetchUser must be/],
    ['no server', { server: undefined }, /authorization_endpoint must be/],
    ['a foreign path', { paths: { login: '//evil.example' } }, /paths.login must be/],
  ])('refuses %s in words', (_, changes, words) => {
    expect(() => createAuth({ ...optionsOf(), ...changes } as AuthOptions)).toThrow(words);
  });

  test('names every problem at once, and no secret', () => {
    const create = () => createAuth({ ...optionsOf(), secrets: ['geheim'], clientId: '', maxAge: -1 });
    expect(create).toThrow(TypeError);
    expect(create).toThrow(/clientId[\s\S]*secrets[\s\S]*maxAge/);
    expect(create).not.toThrow(/geheim/);
  });

  test('takes no limit (Infinity), and options that are undefined', () => {
    const options = optionsOf({ maxAge: Number.POSITIVE_INFINITY, revalidateAfter: undefined, withLock: undefined });
    expect(() => createAuth(options)).not.toThrow();
  });
});

describe('loadLogin', () => {
  function appThatLoads(auth = createAuth(optionsOf({ revalidateAfter: 1 }))) {
    return appWith((app) => {
      app.get('/who', auth.loadLogin, (req, res) => void res.json(auth.currentUser(req)?.id ?? null));
    });
  }

  test('lets everybody pass, logged in or not', async () => {
    expect((await ask(appThatLoads(), '/who', '')).body).toBe(null);
    expect((await ask(appThatLoads(), '/who', await logIn())).body).toBe('m1');
  });

  test.each(['token_rejected', 'role_not_allowed'] as const)('notices a member who is out (%s)', async (reason) => {
    const cookie = await logIn();
    await sleep(5);
    fetchUser = () => Promise.reject(new LoginError(reason));
    const { status, body } = await ask(appThatLoads(), '/who', cookie);
    expect([status, body]).toEqual([200, null]);
  });

  test('passes an error of the store on', async () => {
    const cookie = await logIn();
    await sleep(5);
    const app = appThatLoads();
    jest.spyOn(store, 'set').mockImplementation((_id, _session, done) => done?.(new Error('full')));
    expect((await ask(app, '/who', cookie)).status).toBe(500);
  });
});

describe('without express-session', () => {
  test.each(['/auth/login', '/private', '/who'])('%s says what is missing', async (path) => {
    const auth = createAuth(optionsOf());
    const app = express().use(auth.router);
    app.get('/private', auth.requireLogin);
    app.get('/who', auth.loadLogin);
    app.use(answerFailure);
    const { status, body } = await supertest(app).get(path).set('accept', 'text/html');
    expect([status, body.reason]).toEqual([500, expect.stringContaining('Mount express-session before')]);
  });
});

describe('errors and events', () => {
  test('a login that fails has a status of its own and is reported', async () => {
    const auth = createAuth(optionsOf());
    fetchUser = () => Promise.reject(new LoginError('role_not_allowed'));
    const app = appWith((app) => void app.use(auth.router));
    expect((await comeBack(app)).status).toBe(403);
    expect(events).toMatchObject([{ event: 'login_failed', error: { reason: 'role_not_allowed' }, req: {} }]);
  });

  test('an error of a renewal in the background is reported', async () => {
    const auth = createAuth(optionsOf({ revalidateAfter: 10_000 }));
    const app = appWith((app) => void app.get('/private', auth.requireLogin, (_req, res) => void res.end('in')));
    const cookie = await logIn();
    const now = Date.now();
    jest.spyOn(Date, 'now').mockImplementation(() => now + 9_000);
    fetchUser = () => Promise.reject(new Error('a database is down'));
    expect((await ask(app, '/private', cookie)).status).toBe(200);
    await sleep(50);
    const failed = events.filter(({ event }) => event === 'renewal_failed');
    expect(failed).toMatchObject([{ error: { cause: { message: 'a database is down' } } }]);
  });
});

describe('with a session store that takes every write', () => {
  /** A request that changes the session, and ends only when `go` is called. */
  function slowApp(auth = createAuth(optionsOf())) {
    let go = () => {};
    const waiting = new Promise<void>((resolve) => {
      go = resolve;
    });
    const app = appWith((app) => {
      app.use(auth.router);
      app.get('/slow', async (req, res) => {
        Object.assign(req.session, { flash: 'changed' });
        await waiting;
        res.end();
      });
      app.get('/private', auth.requireLogin, (_req, res) => void res.end('in'));
    });
    return { app, go: () => go() };
  }

  test('a refreshed login is not lost to a slow request', async () => {
    const { app, go } = slowApp();
    const cookie = await logIn({ refreshToken: 'r1', expiresAt: Date.now() + 20 });
    const slow = ask(app, '/slow', cookie).then(() => {});
    await sleep(50);
    expect((await ask(app, '/private', cookie)).status).toBe(200);
    go();
    await slow;
    answer = (_, response) => json(response, 400, { error: 'invalid_grant' });
    expect((await ask(app, '/private', cookie)).status).toBe(200);
    expect(server.requests.filter(({ path }) => path === '/token')).toHaveLength(1);
  });

  test('a slow request does not bring a logged-out session back', async () => {
    const { app, go } = slowApp();
    const cookie = await logIn();
    const slow = ask(app, '/slow', cookie).then(() => {});
    await sleep(50);
    await supertest(app).post('/auth/logout').set('cookie', cookie);
    go();
    await slow;
    expect((await ask(app, '/private', cookie)).status).toBe(401);
    expect(Object.keys(await stored())).toHaveLength(0);
  });

  test('two processes without a lock that refresh at once both stay logged in', async () => {
    let refreshes = 0;
    answer = async (_, response) => {
      if (++refreshes > 1) return json(response, 400, { error: 'invalid_grant' });
      await sleep(100);
      json(response, 200, { access_token: 'fresh', refresh_token: 'r2', token_type: 'bearer', expires_in: 3600 });
    };
    const [one, other] = [slowApp().app, slowApp().app];
    const cookie = await logIn({ refreshToken: 'r1', expiresAt: Date.now() });
    const answers = await Promise.all([ask(one, '/private', cookie), ask(other, '/private', cookie)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(refreshes).toBe(2);
  });
});

describe('a fetchUser that throws something else than a LoginError', () => {
  const broken = async () => {
    throw Object.assign(new Error('users table: connection to 10.0.0.7 refused'), { status: 404 });
  };

  test('fails the login with 500, and only the event says why', async () => {
    fetchUser = broken;
    const auth = createAuth(optionsOf());
    const answer = await comeBack(appWith((app) => void app.use(auth.router)));
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('10.0.0.7');
    expect(events).toMatchObject([
      { event: 'login_failed', error: { cause: { message: expect.stringContaining('10.0.0.7') } } },
    ]);
    expect(await stored()).toEqual({});
  });

  test('fails the request of a user who is logged in with 500, tells why in an event, and keeps the session', async () => {
    const auth = createAuth(optionsOf({ revalidateAfter: 1 }));
    const app = appWith((app) => app.get('/private', auth.requireLogin, (_req, res) => void res.end('in')));
    const cookie = await logIn();
    await sleep(5);
    fetchUser = broken;
    const answer = await ask(app, '/private', cookie);
    expect(answer.status).toBe(500);
    expect(answer.text).not.toContain('10.0.0.7');
    expect(events).toMatchObject([
      { event: 'renewal_failed', error: { cause: { message: expect.stringContaining('10.0.0.7') } } },
    ]);
    fetchUser = async () => user;
    expect((await ask(app, '/private', cookie)).status).toBe(200);
  });
});

describe('room to integrate', () => {
  test('the router works under a prefix, with paths of its own', async () => {
    const auth = createAuth(
      optionsOf({ redirectUri: 'https://app.example/admin/back', paths: { login: '/admin/in', logout: '/admin/out' } }),
    );
    const app = appWith((app) => {
      app.use('/admin', auth.router);
      app.get('/admin/private', auth.requireLogin, (_req, res) => void res.end('in'));
    });
    const sent = await supertest(app).get('/admin/private').set('accept', 'text/html');
    expect(sent.headers.location).toBe('/admin/in?returnTo=%2Fadmin%2Fprivate');
    const done = await comeBack(app, [], '/admin/in', '/admin/back');
    expect([done.status, done.headers.location]).toEqual([303, '/']);
    expect((await supertest(app).get('/auth/login')).status).toBe(404);
    expect((await supertest(app).post('/admin/out')).headers.location).toBe('/logged-out');
  });

  test('onLogin sees the earlier session and fills the new one; keepInSession keeps what it names', async () => {
    const auth = createAuth(
      optionsOf({
        keepInSession: ['cart'],
        onLogin(req, { previousSession }) {
          Object.assign(req.session, { linked: `${previousSession.local} is ${user.id}` });
        },
      }),
    );
    const app = appWith((app) => {
      app.use(auth.router);
      app.get('/own', (req, res) => {
        Object.assign(req.session, { local: 'bob', cart: [7], csrf: 'x' });
        res.end();
      });
    });
    const own = await supertest(app).get('/own');
    await comeBack(app, [String(own.headers['set-cookie']?.[0]).split(';')[0] ?? '']);
    const sessions = Object.values(await stored());
    expect(sessions).toMatchObject([{ cart: [7], linked: 'bob is m1', launchDarklyLogin: { clientId: 'c1' } }]);
    expect(sessions[0]).not.toHaveProperty('csrf');
  });

  test('authorizationParameters go along with the grant’s own', async () => {
    const auth = createAuth(optionsOf({ authorizationParameters: { login_hint: 'i@example.com' } }));
    const app = appWith((app) => void app.use(auth.router));
    const { location = '' } = (await supertest(app).get('/auth/login')).headers;
    const { searchParams } = new URL(location);
    expect([searchParams.get('login_hint'), searchParams.get('client_id')]).toEqual(['i@example.com', 'c1']);
  });

  test('when onLogin throws, nobody is logged in', async () => {
    const auth = createAuth(optionsOf({ onLogin: () => Promise.reject(new LoginError('account_not_allowed')) }));
    const app = appWith((app) => void app.use(auth.router));
    expect((await comeBack(app)).status).toBe(403);
    await sleep(20);
    expect(await stored()).toEqual({});
  });

  test('requireLogin({ when }) answers 403 to the others', async () => {
    const auth = createAuth(optionsOf());
    const app = appWith((app) => {
      app.get('/admin', auth.requireLogin({ when: ({ role }) => role === 'admin' }), (_req, res) => void res.end());
      app.get('/reader', auth.requireLogin({ when: ({ role }) => role === 'reader' }), (_req, res) => void res.end());
    });
    const cookie = await logIn();
    const answers = [await ask(app, '/admin', cookie), await ask(app, '/reader', cookie), await ask(app, '/admin', '')];
    expect(answers.map(({ status }) => status)).toEqual([403, 200, 401]);
  });

  test('a route of the app can log in and out', async () => {
    const auth = createAuth(optionsOf({ paths: { login: false, logout: false } }));
    const app = appWith((app) => {
      app.use(auth.router);
      app.get('/enter', (req, res) => auth.login(req, res, { returnTo: '/there' }));
      app.post('/leave', async (req, res) => {
        await auth.logout(req, res);
        res.json('bye');
      });
    });
    expect((await supertest(app).get('/auth/login')).status).toBe(404);
    expect((await comeBack(app, [], '/enter')).headers.location).toBe('/there');
    const cookie = await logIn();
    expect((await supertest(app).post('/leave').set('cookie', cookie)).body).toBe('bye');
    expect(Object.keys(await stored())).toHaveLength(1);
  });
});

function stored(): Promise<Record<string, SessionData>> {
  return new Promise((resolve, reject) =>
    store.all((error, sessions) => (error ? reject(error) : resolve((sessions ?? {}) as Record<string, SessionData>))),
  );
}
