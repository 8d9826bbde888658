import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connectRaw, type RawConnection } from '../support/raw-http.ts';
import type { TestApp } from '../support/test-app.ts';
import { startTestApp } from '../support/test-app.ts';

let app: TestApp;
let connection: RawConnection;

beforeAll(async () => {
  app = await startTestApp({ env: { TLS: 'proxy', HOST: '127.0.0.1', FLOW_INSPECTOR: 'on' } });
  connection = connectRaw(Number(new URL(app.url).port));
});
afterAll(async () => {
  connection.close();
  await app.close();
});

const host = ['Host: localhost', 'Accept: text/html', 'X-Forwarded-Proto: https'];

test('a request with too many cookies is told so, and what to do', async () => {
  for (const size of [17_000, 60_000]) {
    const answer = await connection.request('/', [...host, `Cookie: a=${'x'.repeat(size)}`]);
    expect(answer.status).toBe(431);
    expect(answer.body).toContain("Clear this site's cookies");
    expect(answer.head).toMatch(/^Content-Type: text\/plain/m);
    expect(answer.head).toMatch(/^X-Content-Type-Options: nosniff\r?$/m);
    expect(answer.head).toMatch(/^Cache-Control: no-store\r?$/m);
    expect(answer.head).toMatch(/^Connection: close\r?$/m);
  }
});

test('other requests that are no HTTP get 400, and the next ones are served', async () => {
  for (const target of ['/ x y', '/\x01', '']) {
    expect((await connection.request(target, host)).status).toBe(400);
  }
  expect((await connection.request('/healthz', host)).status).toBe(200);
});

test.each([
  'http://a:99999/auth/login',
  'http://a:99999/auth/callback?code=1&state=2',
  'http://[/auth/login',
  'https://%/auth/callback?code=1',
  'ftp://localhost/auth/login',
  'http:///auth/login',
  'http://a:b@c:d/account',
  'http://localhost/auth/login?returnTo=http://a:99999/',
  '//:99999/auth/login',
])('the absolute target %s is answered without a 5xx', async (target) => {
  const { status } = await connection.request(target, host);
  expect(status).toBeLessThan(500);
});
