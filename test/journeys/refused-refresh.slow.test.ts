import type { IncomingMessage, ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Browser } from '../support/browser.ts';
import { type CertifiedServer, startCertifiedServer } from '../support/certified-server.ts';
import type { TestApp } from '../support/test-app.ts';
import { ariel, freePort, logIn, startTestApp, whoAmI } from '../support/test-app.ts';

/*
 * What a refresh may be answered with, and who is still in afterwards. What LaunchDarkly's token endpoint answers for a
 * member who was removed is not published, so every refusal has to do.
 */

const minute = 60_000;
const realNow = Date.now;
let ahead: number;
let app: TestApp;

const count = (event: string) => app.log().filter((line) => line.event === event).length;

beforeEach(() => {
  ahead = 0;
  jest.spyOn(Date, 'now').mockImplementation(() => realNow() + ahead);
});
afterEach(async () => {
  await app?.close();
  jest.restoreAllMocks();
});

interface Shape {
  readonly status: number;
  readonly body: string;
  readonly headers?: Readonly<Record<string, string>>;
}

const json = { 'content-type': 'application/json' };
const text = { 'content-type': 'text/plain' };
const html = { 'content-type': 'text/html' };
const rest = (code: string, message: string) => JSON.stringify({ code, message });
const oauth = (error: string) => JSON.stringify({ error, error_description: 'No.' });

/** The session is over at once. */
const invalidGrant: Readonly<Record<string, Shape>> = {
  '400 invalid_grant': { status: 400, body: oauth('invalid_grant'), headers: json },
  '400 invalid_grant and a challenge': {
    status: 400,
    body: oauth('invalid_grant'),
    headers: { ...json, 'www-authenticate': 'Bearer error="invalid_token"' },
  },
  '400 invalid_grant that calls itself a text': { status: 400, body: oauth('invalid_grant'), headers: text },
};

/** Refused, without a word on whether it is about the member: the API decides. */
const refusals: Readonly<Record<string, Shape>> = {
  '400 invalid_request': { status: 400, body: oauth('invalid_request'), headers: json },
  '400 access_denied': { status: 400, body: oauth('access_denied'), headers: json },
  '400 invalid_client': { status: 400, body: oauth('invalid_client'), headers: json },
  '401 invalid_client': { status: 401, body: oauth('invalid_client'), headers: json },
  '400 in the shape of the REST API': {
    status: 400,
    body: rest('invalid_request', 'Invalid refresh token'),
    headers: json,
  },
  '401 in the shape of the REST API': {
    status: 401,
    body: rest('unauthorized', 'Invalid access token'),
    headers: json,
  },
  '403 in the shape of the REST API': { status: 403, body: rest('forbidden', 'Forbidden'), headers: json },
  '404 in the shape of the REST API': { status: 404, body: rest('not_found', 'Not found'), headers: json },
  '400 in plain text': { status: 400, body: 'invalid_grant', headers: text },
  '400 with nothing in it': { status: 400, body: '' },
  '400 that claims to be JSON': { status: 400, body: '{"error":', headers: json },
  '401 with a challenge and nothing in it': {
    status: 401,
    body: '',
    headers: { 'www-authenticate': 'Basic realm="x"' },
  },
  '410 as a page': { status: 410, body: '<html>Gone</html>', headers: html },
  '422 in the shape of the REST API': { status: 422, body: rest('invalid', 'No'), headers: json },
};

/** Answers that refuse nobody and make no sense. */
const nonsense: Readonly<Record<string, Shape>> = {
  '200 with a page': { status: 200, body: '<html>Welcome</html>', headers: html },
  '200 without a token': { status: 200, body: '{}', headers: json },
  '302 to a login page': { status: 302, body: '', headers: { location: 'https://sso.example/' } },
};

/** Trouble: nothing is said about anybody. */
const trouble: Readonly<Record<string, Shape>> = {
  '408': { status: 408, body: 'Request Timeout', headers: text },
  '429': { status: 429, body: rest('rate_limited', 'Slow down'), headers: json },
  '500': { status: 500, body: oauth('server_error'), headers: json },
  '502 as a page': { status: 502, body: '<html>Bad Gateway</html>', headers: html },
  '503 invalid_grant': { status: 503, body: oauth('invalid_grant'), headers: json },
};

describe('at an authorization server of somebody else', () => {
  let server: CertifiedServer;
  let browser: Browser;
  /** What the token endpoint answers; undefined: what it would by itself. */
  let refresh: Shape | 'hang up' | undefined;
  let member: { id: string; accountId: string; removed: boolean };
  let asked: string[];

  beforeEach(async () => {
    refresh = undefined;
    member = { id: '507f1f77bcf86cd799439011', accountId: '5f2d1c8e9a7b6c0011223344', removed: false };
    asked = [];
    const redirectUri = `https://localhost:${await freePort()}/auth/callback`;
    const client = { client_id: 'app-1', client_secret: 'geheim', redirect_uris: [redirectUri] };
    server = await startCertifiedServer([{ ...client, token_endpoint_auth_method: 'client_secret_post' }]);
    server.intercept = answerInstead;
    app = await startTestApp({
      env: {
        LD_BASE_URI: server.url,
        LD_OAUTH_CLIENT_ID: 'app-1',
        LD_OAUTH_CLIENT_SECRET: 'geheim',
        LD_OAUTH_REDIRECT_URI: redirectUri,
        LD_ALLOWED_ACCOUNTS: '*',
      },
    });
    browser = new Browser();
    await browser.visit(`${app.url}/auth/login`);
    expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
    asked = [];
  });
  afterEach(() => server.close());

  /** The two calls of the REST API, and the token endpoint when it is to answer in another shape. */
  function answerInstead(request: IncomingMessage, response: ServerResponse): boolean {
    if (request.url === '/trust/oauth/token') {
      asked.push('token');
      if (!refresh) return false;
      if (refresh === 'hang up') request.socket.destroy();
      else response.writeHead(refresh.status, { ...refresh.headers }).end(refresh.body);
      return true;
    }
    if (!request.url?.startsWith('/api/v2/')) return false;
    asked.push(request.url.slice('/api/v2/'.length));
    describeMember(request, response).catch((error) => response.writeHead(500).end(String(error)));
    return true;
  }

  async function describeMember(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? '';
    const known = await server.provider.AccessToken.find(token);
    if (!known || known.isExpired || member.removed) {
      response.writeHead(401, json).end(rest('unauthorized', 'Invalid access token'));
    } else if (request.url === '/api/v2/caller-identity') {
      response.writeHead(200, json).end(JSON.stringify({ accountId: member.accountId, memberId: member.id }));
    } else {
      response.writeHead(200, json).end(
        JSON.stringify({
          _id: member.id,
          email: ariel.email,
          role: 'reader',
          customRoles: [],
          _pendingInvite: false,
          _verified: true,
        }),
      );
    }
  }

  test.each(Object.entries({ ...invalidGrant, ...refusals, ...nonsense }))(
    'a removed member is out when the refresh is answered with %s',
    async (_, shape) => {
      member.removed = true;
      refresh = shape;
      ahead += 61 * minute;
      expect(await whoAmI(app, browser)).toEqual({ status: 401 });
      expect(count('session_ended')).toBe(1);
    },
  );

  test.each(Object.entries(refusals))(
    'a member whose refresh is refused with %s stays in as long as the access token is good',
    async (_, shape) => {
      refresh = shape;
      ahead += 60 * minute - 15_000;
      expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
      expect(asked).toEqual(['token', 'caller-identity', 'members/me']);
      expect(count('session_kept')).toBe(1);
      // A moment later nobody is asked again: there is a pause between two tries.
      expect(await whoAmI(app, browser)).toMatchObject({ status: 200 });
      expect(asked).toHaveLength(3);
      ahead += 20_000;
      expect(await whoAmI(app, browser)).toEqual({ status: 401 });
    },
  );

  test.each(Object.entries(invalidGrant))(
    'a session ends at once when its refresh is refused with %s',
    async (_, shape) => {
      refresh = shape;
      ahead += 60 * minute - 15_000;
      expect(await whoAmI(app, browser)).toEqual({ status: 401 });
      expect(asked).toEqual(['token']);
    },
  );

  test.each(Object.entries({ ...trouble, 'a connection that breaks': 'hang up' as const }))(
    'a member stays in when the refresh meets trouble: %s',
    async (_, shape) => {
      refresh = shape;
      ahead += 61 * minute;
      expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
      expect(asked).toEqual(['token']);
      expect(count('session_kept')).toBe(1);
      refresh = undefined;
      ahead += 5 * minute;
      expect(await whoAmI(app, browser)).toEqual({ status: 200, email: ariel.email });
      expect(count('tokens_refreshed')).toBe(1);
    },
  );

  test('a member whose access token is refused before its time is out, although the refresh meets trouble', async () => {
    member.removed = true;
    refresh = trouble['500'];
    ahead += 5 * minute;
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
    expect(asked).toContain('token');
  });

  test.each(['id', 'accountId'] as const)('a session ends when the API names another %s than before', async (what) => {
    member = { ...member, [what]: 'a0b1c2d3e4f5a6b7c8d9e0f1' };
    ahead += 5 * minute;
    expect((await whoAmI(app, browser)).status).toBe(403);
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
    expect(count('session_ended')).toBe(1);
  });
});

describe('at the sandbox', () => {
  beforeEach(async () => {
    app = await startTestApp();
  });

  test.each([
    'invalid_grant',
    'invalid_client',
    'invalid_request',
    'plain_text_error',
    'html_200',
    'empty_200',
    'broken_json',
    'wrong_token_type',
  ] as const)('a removed member is out when every refresh meets %s', async (fault) => {
    const { browser } = await logIn(app);
    app.sandbox.changePersona(ariel.email, { removed: true });
    app.sandbox.setFault({ endpoint: 'refresh', fault });
    ahead += 61 * minute;
    expect(await whoAmI(app, browser)).toEqual({ status: 401 });
  });
});
