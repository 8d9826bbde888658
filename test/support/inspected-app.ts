import type http from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import type { Exchange } from '../../src/flow-inspector/flow.ts';
import { createFlowRecorder } from '../../src/flow-inspector/flow-recorder.ts';
import { readTutorial } from '../../src/tutorial/tutorial-document.ts';
import { createAssets } from '../../src/web/assets.ts';
import { addFlowPages } from '../../src/web/flow-page.ts';
import { Browser } from './browser.ts';
import { views } from './sample-pages.ts';

/** Every value that must never reach a page. */
export const secrets = {
  state: 'st-4f9c0a7be1d24385a6c1f00d',
  codeVerifier: 'ver-0123456789abcdefghijklmnopqrstuvwxyzABCDEF',
  code: 'code-9a8b7c6d5e4f3a2b1c0d',
  clientSecret: 'secret+with/odd=characters&more',
  accessToken: 'access-00112233445566778899aabbccddeeff',
  refreshToken: 'refresh-ffeeddccbbaa99887766554433221100',
  sessionCookie: 's%3Aabcdefghijklmnopqrstuvwxyz012345.signature',
};

export interface InspectedApp {
  url: string;
  close(): void;
}

/**
 * A stand-in for the app around the inspector: its login redirects, its callback reports the given exchanges and then
 * answers or throws. The messages are made up, the recording is real.
 */
export async function startInspectedApp(options: { exchanges?: Exchange[]; failure?: Error }): Promise<InspectedApp> {
  const app = express();
  const server: http.Server = app.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const recorder = createFlowRecorder({
    site: url,
    redirectUri: `${url}/auth/callback`,
    paths: { login: '/auth/login', callback: '/auth/callback', logout: '/auth/logout' },
    describeFailure: () => ({ code: 'code_rejected', title: 'The code was refused', message: 'Try again.' }),
  });
  const { record, recordFailure, observe } = recorder;

  app.use(createAssets().middleware);
  const login = express.Router();
  login.get('/auth/login', (_request, response) => {
    const parameters = new URLSearchParams({
      response_type: 'code',
      client_id: '50666563-9144-4125-b822-33f308227e45',
      redirect_uri: `${url}/auth/callback`,
      scope: 'reader',
      state: secrets.state,
      code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
      code_challenge_method: 'S256',
    });
    response.cookie(`login.${secrets.state.slice(0, 16)}`, secrets.sessionCookie, { httpOnly: true });
    response.redirect(303, `https://app.launchdarkly.com/trust/oauth/authorize?${parameters}`);
  });
  login.get('/auth/callback', async (_request, response) => {
    await new Promise(setImmediate);
    for (const exchange of options.exchanges ?? []) observe(exchange);
    if (options.failure) throw options.failure;
    response.cookie('session', secrets.sessionCookie, { httpOnly: true }).redirect(303, '/account');
  });
  login.post('/auth/logout', (_request, response) => response.redirect(303, '/logged-out'));
  app.use(record, login);
  addFlowPages(app, { recorder, render: views().render, readTutorial });
  app.use(recordFailure);
  app.use(((_error, _request, response, _next) => {
    response.status(400).send('failed');
  }) as express.ErrorRequestHandler);

  return { url, close: () => void server.close() };
}

/** The back channel of a login that succeeds. */
export function backChannel(): Exchange[] {
  const startedAt = Date.now();
  const base = 'https://app.launchdarkly.com';
  const json = { 'content-type': 'application/json' };
  const bearer = { authorization: `Bearer ${secrets.accessToken}`, 'LD-API-Version': '20240415' };
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: secrets.code,
    redirect_uri: 'https://localhost:3000/auth/callback',
    client_id: '50666563-9144-4125-b822-33f308227e45',
    client_secret: secrets.clientSecret,
    code_verifier: secrets.codeVerifier,
  });
  const token = {
    access_token: secrets.accessToken,
    token_type: 'bearer',
    expires_in: 3600,
    refresh_token: secrets.refreshToken,
    scope: 'reader',
  };
  const member = {
    _id: '569f183514f4432160000007',
    email: 'ariel@acme.example',
    firstName: 'Ariel',
    lastName: 'Flores',
    role: 'writer',
    customRoles: ['release-manager'],
    _pendingInvite: false,
    _verified: true,
    teams: [{ key: 'platform', name: 'Platform & Tools' }],
    note: `an API that repeats ${secrets.accessToken}`,
  };
  const identity = { accountId: '5f2d1c8e9a7b6c0011223344', memberId: member._id, scopes: ['reader'] };
  return [
    {
      request: {
        method: 'POST',
        url: `${base}/trust/oauth/token`,
        headers: {
          'content-type': 'application/x-www-form-urlencoded;charset=UTF-8',
          accept: 'application/json',
        },
        body: form.toString(),
      },
      response: {
        status: 200,
        headers: { ...json, 'cache-control': 'no-store' },
        body: JSON.stringify(token),
      },
      startedAt,
      durationMs: 31,
    },
    {
      request: { method: 'GET', url: `${base}/api/v2/caller-identity`, headers: bearer },
      response: { status: 200, headers: json, body: JSON.stringify(identity) },
      startedAt: startedAt + 31,
      durationMs: 12,
    },
    {
      request: { method: 'GET', url: `${base}/api/v2/members/me`, headers: bearer },
      response: { status: 200, headers: json, body: JSON.stringify(member) },
      startedAt: startedAt + 43,
      durationMs: 14,
    },
  ];
}

/** The back channel of a login whose code is refused. */
export function refusedCode(): Exchange[] {
  const [token] = backChannel();
  if (!token) throw new Error('no token exchange');
  const body = JSON.stringify({ error: 'invalid_grant', error_description: `Unknown code ${secrets.code}` });
  return [{ ...token, response: { status: 400, headers: { 'content-type': 'application/json' }, body } }];
}

/** Follows a login by hand as one browser would, and returns that browser. */
export async function logIn(app: InspectedApp, browser = new Browser()): Promise<Browser> {
  await browser.request(`${app.url}/auth/login?returnTo=/account`);
  await browser.request(`${app.url}/auth/callback?code=${secrets.code}&state=${secrets.state}`);
  return browser;
}
