import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Request, Response } from 'express';
import express from 'express';
import * as openid from 'openid-client';
import passport from 'passport';
import { Strategy } from 'passport-oauth2';
import { AuthorizationCode } from 'simple-oauth2';
import supertest from 'supertest';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { openPage, press, pressForPage } from './form-reader.ts';
import type { RegisteredClient } from './support.ts';
import { ARIEL, api, bearer, bodyOf, locationOf, REDIRECT_URI, registerClient } from './support.ts';

/** OAuth clients that were not written here, used as their manuals say; a person picks a persona and presses "Authorize". */
let sandbox: Sandbox;
let client: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0 });
  client = await registerClient(sandbox);
});
afterAll(() => sandbox.close());

async function authorizeAs(email: string, url: string): Promise<URL> {
  const consent = await pressForPage(await openPage(url), email);
  return locationOf(await press(consent, 'Authorize'));
}

const emailOf = async (token: string) =>
  (await bodyOf<{ email: string }>(await api(sandbox, 'GET', '/members/me', bearer(token)))).email;

describe.each([
  ['openid-client, credentials in the body', () => openid.ClientSecretPost(client.secret)],
  ['openid-client, Basic', () => openid.ClientSecretBasic(client.secret)],
])('%s', (_, authentication) => {
  test('discovers the server, logs in with PKCE, renews and revokes', async () => {
    const config = await openid.discovery(new URL(sandbox.url), client.id, undefined, authentication(), {
      algorithm: 'oauth2',
      execute: [openid.allowInsecureRequests],
    });
    const verifier = openid.randomPKCECodeVerifier();
    const state = openid.randomState();
    const url = openid.buildAuthorizationUrl(config, {
      redirect_uri: REDIRECT_URI,
      scope: 'reader',
      state,
      code_challenge: await openid.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const callback = await authorizeAs(ARIEL, url.href);
    const checks = { pkceCodeVerifier: verifier, expectedState: state };
    const tokens = await openid.authorizationCodeGrant(config, callback, checks);
    expect(await emailOf(tokens.access_token)).toBe(ARIEL);

    const renewed = await openid.refreshTokenGrant(config, tokens.refresh_token!);
    expect(await emailOf(renewed.access_token)).toBe(ARIEL);
    await openid.tokenRevocation(config, renewed.refresh_token!);
    const res = await api(sandbox, 'GET', '/members/me', bearer(renewed.access_token));
    expect(res.status).toBe(401);
    await expect(openid.authorizationCodeGrant(config, callback, checks)).rejects.toMatchObject({
      error: 'invalid_grant',
    });
  });
});

describe('passport-oauth2', () => {
  test('logs in, with state and PKCE in its session', async () => {
    const { agent } = passportApp();
    const start = await agent.get('/login').expect(302);
    const callback = await authorizeAs(ARIEL, start.headers.location!);
    const done = await agent.get(`/callback${callback.search}`).expect(200);
    expect(done.body).toEqual({ email: ARIEL });
    await agent.get(`/callback${callback.search}`).expect(403);
  });

  test('hears of it when the person cancels', async () => {
    const { agent } = passportApp();
    const start = await agent.get('/login').expect(302);
    const consent = await pressForPage(await openPage(start.headers.location!), ARIEL);
    const callback = locationOf(await press(consent, 'Cancel'));
    await agent.get(`/callback${callback.search}`).expect(401);
  });

  function passportApp() {
    const strategy = new Strategy(
      {
        authorizationURL: `${sandbox.url}/trust/oauth/authorize`,
        tokenURL: `${sandbox.url}/trust/oauth/token`,
        clientID: client.id,
        clientSecret: client.secret,
        callbackURL: REDIRECT_URI,
        scope: 'reader',
        state: true,
        pkce: true,
      },
      (
        accessToken: string,
        _refreshToken: string,
        _profile: unknown,
        done: (e: unknown, user?: object) => void,
      ) => {
        emailOf(accessToken).then((email) => done(null, { email }), done);
      },
    );
    const session: Record<string, unknown> = {};
    const app = express();
    app.use((req, _res, next) => {
      Object.assign(req, { session });
      next();
    });
    const authenticate = () => passport.authenticate(strategy, { session: false });
    app.get('/login', authenticate());
    app.get('/callback', authenticate(), (req: Request, res: Response) => {
      res.json(req.user);
    });
    return { agent: supertest.agent(app) };
  }
});

describe.each(['header', 'body'] as const)('simple-oauth2, credentials in the %s', (authorizationMethod) => {
  test('logs in, renews and revokes', async () => {
    const grant = new AuthorizationCode({
      client: { id: client.id, secret: client.secret },
      auth: {
        tokenHost: sandbox.url,
        tokenPath: '/trust/oauth/token',
        authorizePath: '/trust/oauth/authorize',
        revokePath: '/trust/oauth/revoke',
      },
      options: { authorizationMethod },
      // RFC 7009 has revocation answered with nothing; by default this client insists on JSON.
      http: { json: true },
    });
    const url = grant.authorizeURL({ redirect_uri: REDIRECT_URI, scope: 'reader', state: 'abc' });
    const callback = await authorizeAs(ARIEL, url);
    const code = callback.searchParams.get('code') ?? '';
    const tokens = await grant.getToken({ code, redirect_uri: REDIRECT_URI });
    expect(await emailOf(String(tokens.token.access_token))).toBe(ARIEL);
    const renewed = await tokens.refresh();
    const renewedToken = String(renewed.token.access_token);
    expect(await emailOf(renewedToken)).toBe(ARIEL);
    await renewed.revokeAll();
    expect((await api(sandbox, 'GET', '/members/me', bearer(renewedToken))).status).toBe(401);
  });
});
