import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { connectRaw, type RawConnection } from '../support/raw-http.ts';
import type { TestApp } from '../support/test-app.ts';
import { startTestApp } from '../support/test-app.ts';

let app: TestApp;
let connection: RawConnection;

beforeAll(async () => {
  app = await startTestApp({ env: { TLS: 'proxy', HOST: '127.0.0.1', FLOW_INSPECTOR: 'off' } });
  connection = connectRaw(Number(new URL(app.url).port));
});
afterAll(async () => {
  connection.close();
  await app.close();
});

const ask = (target: string, headers: readonly string[]) =>
  connection.request(target, ['Host: localhost', 'X-Forwarded-Proto: https', ...headers]);

const html = 'Accept: text/html,application/xhtml+xml,*/*;q=0.8';
const metadata = (mode: string, destination: string) => [`Sec-Fetch-Mode: ${mode}`, `Sec-Fetch-Dest: ${destination}`];

const visits: [string, string[]][] = [
  ['a tab', [html, ...metadata('navigate', 'document')]],
  ['a frame', [html, ...metadata('navigate', 'iframe')]],
  ['an old browser', [html]],
  ['a script outside a browser that names HTML', [html, 'Sec-Fetch-Mode: cors']],
];

/** What is not a page even though it may say that it takes HTML. */
const parts: [string, string[]][] = [
  ['fetch()', ['Accept: */*', ...metadata('cors', 'empty')]],
  ['fetch() that asks for HTML', ['Accept: text/html', ...metadata('cors', 'empty')]],
  ['fetch() of the same origin', ['Accept: */*', ...metadata('same-origin', 'empty')]],
  ['<img>', ['Accept: image/avif,image/webp,*/*;q=0.8', ...metadata('no-cors', 'image')]],
  ['<script>', ['Accept: */*', ...metadata('no-cors', 'script')]],
  ['<object>', [html, ...metadata('navigate', 'object')]],
  ['EventSource', ['Accept: text/event-stream', ...metadata('cors', 'empty')]],
  ['<link rel=prefetch>', ['Accept: */*', ...metadata('no-cors', 'empty')]],
  ['an EventSource without metadata', ['Accept: text/event-stream']],
  ['a program that takes JSON', ['Accept: application/json']],
  ['fetch() of an old browser', ['Accept: */*', 'Sec-Fetch-Mode: cors']],
];

describe('a protected page', () => {
  test.each(visits)('sends %s to log in', async (_who, headers) => {
    const { status, head } = await ask('/account?a=1', headers);
    expect(status).toBe(303);
    expect(head).toMatch(/^Location: \/auth\/login\?returnTo=%2Faccount%3Fa%3D1\r?$/m);
  });

  test.each([
    ...parts,
    ['curl', ['Accept: */*']],
    ['a program without Accept', []],
    ['a program that refuses HTML', ['Accept: text/html;q=0, */*']],
  ] as [string, string[]][])('answers %s with 401, and starts nothing', async (_who, headers) => {
    const { status, head, body } = await ask('/account', headers);
    expect(status).toBe(401);
    expect(head).not.toMatch(/^(set-cookie|location):/im);
    if (!headers.includes('Accept: text/html') && !headers.includes(html)) {
      expect(JSON.parse(body).error.code).toBe('login_required');
    }
  });
});

describe('the start of a login', () => {
  test.each([...visits, ['curl', ['Accept: */*']], ['a program without Accept', []]] as [string, string[]][])(
    'serves %s',
    async (_who, headers) => {
      const { status, head } = await ask('/auth/login', headers);
      expect(status).toBe(303);
      expect(head).toMatch(/^Set-Cookie: __Host-login-/m);
    },
  );

  test.each(parts)('makes no transaction for %s', async (_who, headers) => {
    const { status, head } = await ask('/auth/login', headers);
    expect(status).toBe(401);
    expect(head).not.toMatch(/^(set-cookie|location):/im);
  });
});
