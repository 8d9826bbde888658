import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import session from 'express-session';
import request from 'supertest';
import { createAuth, currentUser, mintSession, type User } from '../../src/auth/index.ts';

const secrets: [string] = ['qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs'];
const user: User = {
  id: 'm1',
  accountId: 'a1',
  email: 'ida@example.com',
  role: 'reader',
  customRoles: [],
  teams: [],
};
const store = new session.MemoryStore();
const app = express();

beforeAll(() => {
  const auth = createAuth({
    server: {
      issuer: 'https://ld.example',
      authorization_endpoint: 'https://ld.example/authorize',
      token_endpoint: 'https://ld.example/token',
    },
    clientId: 'c1',
    clientSecret: 's1',
    redirectUri: 'https://app.example/auth/callback',
    scope: 'reader',
    secrets,
    fetchUser: async () => user,
  });
  app.use(session({ store, secret: 'a session secret', resave: false, saveUninitialized: false }));
  app.get('/private', auth.requireLogin, (req, res) => void res.json(currentUser(req)));
  app.get('/token', auth.requireLogin, async (req, res) => {
    res.json(await auth.withAccessToken(req, async (accessToken) => accessToken));
  });
});

afterAll(() => store.clear());

test('a minted session is logged in as the given user, with supertest', async () => {
  const given = { sessionSecret: 'a session secret', secrets, clientId: 'c1', user };
  const { name, value } = await mintSession({ store, ...given });
  const { status, body } = await request(app).get('/private').set('Cookie', `${name}=${value}`);
  expect({ status, body }).toEqual({ status: 200, body: user });
});

test('a minted session calls the API with the given token', async () => {
  const tokens = { accessToken: 'given' };
  const { name, value } = await mintSession({
    store,
    sessionSecret: 'a session secret',
    secrets,
    clientId: 'c1',
    user,
    tokens,
  });
  const { body } = await request(app).get('/token').set('Cookie', `${name}=${value}`);
  expect(body).toBe('given');
});

test('without it, or signed with another secret, nobody is logged in', async () => {
  const { name, value } = await mintSession({ store, sessionSecret: 'another secret', secrets, clientId: 'c1', user });
  const answers = [
    await request(app).get('/private').set('Accept', 'text/html'),
    await request(app).get('/private').set('Accept', 'text/html').set('Cookie', `${name}=${value}`),
  ];
  expect(answers.map(({ status }) => status)).toEqual([303, 303]);
});
