import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { ErrorRequestHandler, Express } from 'express';
import express from 'express';
import type { SessionData } from 'express-session';
import session from 'express-session';
import request from 'supertest';
import { createAuth, LoginError, mintSession, type User } from '../../src/auth/index.ts';
import { closeAfterEach } from '../support/close-after-each.ts';
import type { Answer, HttpTestServer } from '../support/http-server.ts';
import { json, startHttpServer } from '../support/http-server.ts';

/* The login's own room in an app of somebody else: express-session's memory store, and an API of the test's making. */

const secrets: [string] = ['qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs'];
const sessionSecret = 'a session secret';
const second = 1_000;
const minute = 60 * second;
const user: User = {
  id: 'm1',
  accountId: 'a1',
  email: 'ida@example.com',
  role: 'reader',
  customRoles: [],
  teams: [],
};
const closing = closeAfterEach();
const realNow = Date.now;
let ahead: number;
let store: session.MemoryStore;
let server: HttpTestServer;
let app: Express;
/** What the token endpoint answers. */
let answer: Answer;
/** The access tokens that the API was asked with. */
let asked: string[];
let fetchUser: (accessToken: string) => Promise<User>;

beforeEach(async () => {
  ahead = 0;
  // It stands still: how long a busy machine takes for a request must not matter.
  const start = realNow();
  jest.spyOn(Date, 'now').mockImplementation(() => start + ahead);
  asked = [];
  fetchUser = async () => user;
  answer = (_, response) => json(response, 200, { access_token: 'fresh', token_type: 'bearer', expires_in: 3600 });
  server = closing(await startHttpServer((received, response) => answer(received, response)));
  store = new session.MemoryStore();
  const auth = createAuth({
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
    fetchUser(accessToken) {
      asked.push(accessToken);
      return fetchUser(accessToken);
    },
  });
  app = express();
  app.use(session({ store, secret: sessionSecret, resave: false, saveUninitialized: false }));
  app.use(auth.router);
  app.get('/private', auth.requireLogin, (_req, res) => void res.json('in'));
  app.get('/token', auth.requireLogin, async (req, res) => {
    res.json(await auth.withAccessToken(req, async (accessToken) => accessToken));
  });
  app.get('/refused', auth.requireLogin, async (req, res) => {
    res.json(await auth.withAccessToken(req, () => Promise.reject({ status: 401 })));
  });
  const onError: ErrorRequestHandler = (error, _req, res, _next) => {
    res.status(error instanceof LoginError && error.reason === 'login_required' ? 401 : 500).end();
  };
  app.use(onError);
});
afterEach(() => {
  jest.restoreAllMocks();
});

/** Logs somebody in with these tokens; returns the cookie. */
async function logIn(tokens: { refreshToken?: string; expiresAt?: number } = {}): Promise<string> {
  const options = { store, sessionSecret, secrets, clientId: 'c1', user };
  const { name, value } = await mintSession({ ...options, tokens: { accessToken: 'first', ...tokens } });
  return `${name}=${value}`;
}

/** The status of a request by a program: 200 inside, 401 outside. */
async function visit(cookie: string, path = '/private'): Promise<number> {
  const { status } = await request(app).get(path).set({ cookie, accept: 'application/json' });
  return status;
}

const tokenRequests = () => server.requests.filter(({ path }) => path === '/token').length;

describe('a login', () => {
  test('ends after maxAge, whatever the store says', async () => {
    const cookie = await logIn();
    ahead = 7 * 24 * 60 * minute - minute;
    expect(await visit(cookie)).toBe(200);
    ahead += 2 * minute;
    expect(await visit(cookie)).toBe(401);
    expect(Object.keys(await stored())).toEqual([]);
  });

  test('does not work with the sealed tokens of another session', async () => {
    const [one, other] = [await logIn(), await logIn()];
    const [first, last] = Object.entries(await stored());
    if (!first?.[1].launchDarklyLogin || !last?.[1].launchDarklyLogin) throw new Error('two sessions are stored');
    const stolen = {
      ...last[1],
      launchDarklyLogin: { ...last[1].launchDarklyLogin, tokens: first[1].launchDarklyLogin.tokens },
    };
    await new Promise((resolve) => store.set(last[0], stolen, resolve));
    const answers = await Promise.all([visit(one, '/token'), visit(other, '/token')]);
    expect(answers.sort()).toEqual([200, 401]);
  });

  test('ends when the API refuses the fresh token, too', async () => {
    const cookie = await logIn({ refreshToken: 'r' });
    expect(await visit(cookie, '/refused')).toBe(401);
    expect(tokenRequests()).toBe(1);
    expect(await visit(cookie)).toBe(401);
  });

  test('gets a fresh access token before the old one ends', async () => {
    const cookie = await logIn({ refreshToken: 'r', expiresAt: Date.now() + 10 * minute });
    ahead = 10 * minute - 40 * second;
    fetchUser = () => Promise.reject(new LoginError('provider_failed'));
    expect(await visit(cookie)).toBe(200);
    expect(tokenRequests()).toBe(0);
    ahead = 10 * minute - 20 * second;
    expect(await visit(cookie)).toBe(200);
    expect(tokenRequests()).toBe(1);
  });

  test('without a refresh token lasts as long as its access token', async () => {
    const cookie = await logIn({ expiresAt: Date.now() + minute });
    ahead = minute - second;
    expect(await visit(cookie)).toBe(200);
    ahead = minute + second;
    expect(await visit(cookie)).toBe(401);
  });
});

describe('when the clock is set back', () => {
  test('who was verified in the future is verified again', async () => {
    ahead = 60 * minute;
    const cookie = await logIn();
    ahead = 0;
    expect(await visit(cookie)).toBe(200);
    expect(asked).toEqual(['first']);
    expect(await visit(cookie)).toBe(200);
    expect(asked).toHaveLength(1);
  });

  test('by a few seconds, as between two machines, nobody is verified again', async () => {
    ahead = 3 * second;
    const cookie = await logIn();
    ahead = 0;
    expect(await visit(cookie)).toBe(200);
    expect(asked).toEqual([]);
  });

  test('a member who was removed is out', async () => {
    ahead = 2 * 24 * 60 * minute;
    const cookie = await logIn();
    ahead = 0;
    fetchUser = () => Promise.reject(new LoginError('token_rejected'));
    expect(await visit(cookie)).toBe(401);
  });

  test('a login does not last longer than maxAge from then on', async () => {
    ahead = 60 * minute;
    const cookie = await logIn();
    ahead = 0;
    expect(await visit(cookie)).toBe(200);
    ahead = 7 * 24 * 60 * minute + minute;
    expect(await visit(cookie)).toBe(401);
  });

  test('a pause does not last longer', async () => {
    const cookie = await logIn();
    fetchUser = () => Promise.reject(new LoginError('provider_failed'));
    ahead = 60 * minute;
    expect(await visit(cookie)).toBe(200);
    ahead = -60 * minute;
    expect(await visit(cookie)).toBe(200);
    expect(asked).toHaveLength(2);
  });
});

describe('while the server is in trouble', () => {
  test('a wait of a day that it asks for is cut to a minute', async () => {
    answer = (_, response) => json(response, 429, {}, { 'retry-after': '86400' });
    const cookie = await logIn({ refreshToken: 'r', expiresAt: Date.now() + minute });
    ahead = minute;
    expect(await visit(cookie)).toBe(200);
    ahead += 50 * second;
    expect(await visit(cookie)).toBe(200);
    expect(tokenRequests()).toBe(1);
    ahead += 20 * second;
    expect(await visit(cookie)).toBe(200);
    expect(tokenRequests()).toBe(2);
  });

  test.each(['provider_timeout', 'provider_unreachable'] as const)(
    'and answers nobody (%s), one session in a pause asks, until it answers',
    async (reason) => {
      const cookies = await Promise.all(Array.from({ length: 40 }, () => logIn()));
      const visitAll = async () => {
        for (const cookie of cookies) expect(await visit(cookie)).toBe(200);
        return asked.splice(0).length;
      };
      fetchUser = () => Promise.reject(new LoginError(reason));
      ahead = 5 * minute;
      expect(await visitAll()).toBe(5);
      for (let pause = 0; pause < 3; pause++) {
        ahead += 6 * second;
        expect(await visitAll()).toBe(1);
      }
      fetchUser = async () => user;
      ahead += 6 * second;
      expect(await visitAll()).toBe(40);
    },
  );

  test('and answers with errors, every session asks for itself', async () => {
    const cookies = await Promise.all(Array.from({ length: 20 }, () => logIn()));
    fetchUser = () => Promise.reject(new LoginError('provider_failed'));
    ahead = 5 * minute;
    for (const cookie of cookies) expect(await visit(cookie)).toBe(200);
    expect(asked).toHaveLength(20);
  });
});

test('a login that the session store cannot keep revokes nothing', async () => {
  const begun = await request(app).get('/auth/login');
  const state = new URL(begun.headers.location ?? '').searchParams.get('state');
  const cookie = [begun.headers['set-cookie']].flat().map((line) => String(line).split(';')[0]);
  jest.spyOn(store, 'set').mockImplementation((_id, _session, done) => done?.(new Error('full')));
  const { status } = await request(app).get(`/auth/callback?code=c&state=${state}`).set('cookie', cookie.join('; '));
  expect(status).toBe(500);
  expect(asked).toEqual(['fresh']);
  await sleep(200);
  expect(server.requests.map(({ path }) => path)).toEqual(['/token']);
});

function stored(): Promise<Record<string, SessionData>> {
  return new Promise((resolve, reject) =>
    store.all((error, sessions) => (error ? reject(error) : resolve((sessions ?? {}) as Record<string, SessionData>))),
  );
}
