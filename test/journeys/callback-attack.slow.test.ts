import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cookieName } from '../../src/auth/index.ts';
import { createSealer } from '../../src/auth/sealer.ts';
import type { RawAnswer, RawConnection } from '../support/raw-http.ts';
import { connectRaw } from '../support/raw-http.ts';
import type { TestApp } from '../support/test-app.ts';
import { logIn, startTestApp, whoAmI } from '../support/test-app.ts';

/** Part of every hostile value: an answer that holds it reflects what was sent. */
const marker = 'zq7xReflected';
const state = 'Ab3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6hIj9';
const foreignState = 'Zz3dEf6hIj9kLm2nOp5qRs8tUv1wXy4zAb3dEf6hIj9';
const hour = 3_600_000;

let app: TestApp;
let connections: RawConnection[];
let cookies: Record<string, string>;

beforeAll(async () => {
  app = await startTestApp({ env: { TLS: 'proxy', HOST: '127.0.0.1', LOG_LEVEL: 'silent' } });
  const port = Number(new URL(app.url).port);
  connections = Array.from({ length: 8 }, () => connectRaw(port));
  cookies = hostileCookies();
});
afterAll(async () => {
  for (const connection of connections) connection.close();
  await app.close();
});

describe('the callback under attack', () => {
  test('survives every combination of missing, empty, right, repeated and long parameters', async () => {
    const attacks = everyCombination().map((query) => ({ query, cookie: 'ours' }));
    await attack(attacks);
    expect(attacks).toHaveLength(5 ** 5);
  }, 120_000);

  test('survives ten thousand random requests', async () => {
    const batch = fc.array(request(), { minLength: 50, maxLength: 50 });
    await fc.assert(fc.asyncProperty(batch, attack), { numRuns: 200 });
  }, 120_000);

  test.each([
    ['no cookie at all', 'none', 'cookies_missing'],
    ['the transaction of another state', 'foreign', 'login_unknown'],
    ['a transaction that has expired', 'expired', 'login_expired'],
    ['a transaction that was tampered with', 'tampered', 'login_unknown'],
    ['a transaction sealed with another secret', 'other secret', 'login_unknown'],
    ['something else that this app sealed', 'other purpose', 'login_unknown'],
    ['a transaction under the name of another state', 'renamed', 'login_unknown'],
    ['junk in place of a transaction', 'junk', 'login_unknown'],
  ])('refuses %s', async (_what, cookie, code) => {
    const answer = await send({ query: `code=${marker}&state=${state}`, cookie });
    expectHarmless(answer);
    expect(answer.status).toBe(400);
    expect(answer.body).toContain(`<code>${code}</code>`);
  });

  test('never shows what an error description says', async () => {
    for (const error of ['access_denied', 'server_error', 'zq7xReflected']) {
      const query = `error=${error}&error_description=${marker}&error_uri=${marker}&state=${state}`;
      const answer = await send({ query, cookie: 'ours' });
      expectHarmless(answer);
      expect(answer.status).toBe(error === 'access_denied' ? 200 : 400);
    }
  });

  test.each([1e4, 2e4, 1e5, 1e6])('survives %d bytes in one parameter', async (bytes) => {
    const query = `code=${'A'.repeat(bytes)}&state=${state}`;
    const answer = await send({ query, cookie: 'ours' }).catch(() => undefined);
    // Node's own limit for a request's head is 16 KB; it may hang up before all of a larger one was sent.
    if (answer) expect([400, 431]).toContain(answer.status);
    else expect(bytes).toBeGreaterThan(16_384);
    expect((await send({ query: '', cookie: 'none' })).status).toBe(400);
  });

  test('survives bytes that are no text', async () => {
    const bytes = Array.from({ length: 0xff - 0x21 + 1 }, (_, index) => String.fromCharCode(0x21 + index));
    for (const byte of bytes) {
      const answer = await send({ query: `code=${byte}${byte}&state=${state}${byte}`, cookie: 'ours' });
      expectHarmless(answer);
    }
  });

  test('takes no other method', async () => {
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'PROPFIND']) {
      const [connection] = connections;
      const target = `/auth/callback?code=${marker}&state=${state}`;
      const answer = await connection?.request(target, headers('ours'), method);
      expect(answer?.status).toBeLessThan(500);
      expect(answer?.head).not.toMatch(/^(location|set-cookie: [^\r]*session)/im);
    }
  });
});

test('sends somebody who is logged in nowhere but to this site, and leaves them logged in', async () => {
  const https = await startTestApp({ env: { FLOW_INSPECTOR: 'off' } });
  try {
    const { browser } = await logIn(https);
    const session = browser.cookieHeader(https.url);
    for (const { query } of fc.sample(request(), 200)) {
      const answer = await browser.request(`${https.url}/auth/callback?${query}`);
      expect([303, 400]).toContain(answer.status);
      expect(new URL(answer.location ?? https.url).origin).toBe(https.url);
      expect(browser.cookieHeader(https.url)).toBe(session);
    }
    expect(await whoAmI(https, browser)).toMatchObject({ status: 200 });
  } finally {
    await https.close();
  }
});

interface Attack {
  readonly query: string;
  /** Which of `hostileCookies` comes along. */
  readonly cookie: string;
}

/** Sends them over all connections; every answer must be harmless. */
async function attack(attacks: readonly Attack[]): Promise<void> {
  const queue = attacks.entries();
  await Promise.all(
    connections.map(async (connection) => {
      for (const [, one] of queue) expectHarmless(await send(one, connection), one);
    }),
  );
}

function send(one: Attack, connection = connections[0]): Promise<RawAnswer> {
  if (!connection) throw new Error('No connection');
  return connection.request(`/auth/callback?${one.query}`, headers(one.cookie));
}

function headers(cookie: string): string[] {
  const lines = ['Host: localhost', 'Accept: text/html', 'X-Forwarded-Proto: https'];
  return cookies[cookie] ? [...lines, `Cookie: ${cookies[cookie]}`] : lines;
}

/** Never a 5xx, never a session, never a redirect, never reflected input. Spelled out by hand: `expect` is slow. */
function expectHarmless({ status, head, body }: RawAnswer, sent?: Attack): void {
  const fault =
    (!(status === 200 || (status >= 400 && status < 500)) && `status ${status}`) ||
    (/^location:/im.test(head) && 'a redirect') ||
    (/^set-cookie: [^\r]*session/im.test(head) && 'a session') ||
    (`${head}${body}`.includes(marker) && 'reflected input') ||
    (body.includes(state) && 'a reflected state');
  if (fault) throw new Error(`${fault} after ${JSON.stringify(sent)}:\n${head}\n${body.slice(0, 300)}`);
}

function everyCombination(): string[] {
  const values = (name: string, right: string) => [
    '',
    `${name}=`,
    `${name}=${right}`,
    `${name}=${right}&${name}=${right}`,
    `${name}=${marker.repeat(100)}`,
  ];
  return [
    values('code', marker),
    values('state', state),
    values('iss', app.sandbox.url),
    values('error', 'access_denied'),
    values('error_description', marker),
  ].reduce<string[]>((queries, options) => queries.flatMap((query) => options.map((one) => `${query}&${one}`)), ['']);
}

/** Queries that no honest server sends, with or without a cookie that fits. */
function request(): fc.Arbitrary<Attack> {
  const names = ['code', 'state', 'iss', 'error', 'error_description', 'response', 'id_token', 'token_type'];
  const name = fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom(...names) },
    fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', '', 'returnTo'),
  );
  const suffix = fc.oneof(
    { weight: 5, arbitrary: fc.constant('') },
    fc.constantFrom('[]', '[0]', '[a][b]', '[__proto__]', '%5B%5D', '.x', '%00'),
  );
  const hostile = ['<script>', '"><img%20src=x>', '//evil.example', 'https://evil.example/', '%0D%0ASet-Cookie:x=1']
    .concat('%00', '%', '%zz', '%FF%FE', '%E0%A4', '%C0%AF', '%ED%A0%80', '\xff\xfe', '{{7*7}}', '$' + '{7*7}', '..%2F')
    .map((text) => marker + text);
  const value = fc.oneof(
    fc.constantFrom('', state, state, foreignState, 'access_denied', 'server_error', 'true', '[]', '0'),
    fc.constantFrom(...hostile),
    fc.uint8Array({ maxLength: 40 }).map((bytes) => marker + rawBytes(bytes)),
    fc.integer({ min: 100, max: 6000 }).map((length) => marker + 'A'.repeat(length)),
  );
  const parameter = fc.tuple(name, suffix, value).map(([key, end, text]) => `${key}${end}=${text}`);
  const separator = fc.constantFrom('&', '&', '&', '&&', ';', '?', '&=&');
  return fc.record({
    query: fc
      .tuple(fc.constantFrom('', `state=${state}&`), fc.array(parameter, { maxLength: 6 }), separator)
      .map(([right, parameters, between]) => right + parameters.join(between).slice(0, 7000)),
    cookie: fc.constantFrom('none', 'ours', 'ours', ...Object.keys(cookies)),
  });
}

/** Bytes as they may stand in a request line. */
function rawBytes(bytes: Uint8Array): string {
  const text = Buffer.from(bytes).toString('latin1');
  return text.replace(/[^!-"$-~\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

/** What stands for a `state` in the cookie of its transaction. */
function loginId(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** By name. Sealed as the app seals, which the app cannot tell from its own. */
function hostileCookies(): Record<string, string> {
  const redirectUri = `${app.url}/auth/callback`;
  const name = cookieName('login', redirectUri);
  const fits = `${name}.0`;
  const sealed = (transaction = {}, secret = app.env.SESSION_SECRET ?? '', purpose = 'login transaction') =>
    createSealer([secret], purpose).seal(
      JSON.stringify({
        id: loginId(state),
        codeVerifier: 'v'.repeat(43),
        startedAt: Date.now(),
        ...transaction,
      }),
      name,
    );
  const ours = sealed();
  const middle = ours.length / 2;
  const flipped = ours[middle] === 'A' ? 'B' : 'A';
  return {
    ours: `${fits}=${ours}`,
    foreign: `${name}.1=${sealed({ id: loginId(foreignState) })}`,
    renamed: `${fits}=${sealed({ id: loginId(foreignState) })}`,
    expired: `${fits}=${sealed({ startedAt: Date.now() - hour })}`,
    tampered: `${fits}=${ours.slice(0, middle)}${flipped}${ours.slice(middle + 1)}`,
    'other secret': `${fits}=${sealed({}, 'aNotherSecret0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6U')}`,
    'other purpose': `${fits}=${sealed({}, app.env.SESSION_SECRET, 'tokens')}`,
    junk: `${fits}=%%%; ${fits}; =; __proto__=x; ${name}.${'A'.repeat(2000)}=1; \xff=\xfe`,
    'forged session': `${cookieName('session', redirectUri)}=s%3AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA.forged`,
    'unsigned session': `${cookieName('session', redirectUri)}=AAAAAAAA`,
  };
}
