import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { RawAnswer, RawConnection } from '../support/raw-http.ts';
import { connectRaw } from '../support/raw-http.ts';
import type { TestApp } from '../support/test-app.ts';
import { startTestApp } from '../support/test-app.ts';

let app: TestApp;
let connection: RawConnection;

beforeAll(async () => {
  app = await startTestApp({ env: { TLS: 'proxy', HOST: '127.0.0.1', LOG_LEVEL: 'silent' } });
  connection = connectRaw(Number(new URL(app.url).port));
});
afterAll(async () => {
  connection.close();
  await app.close();
});

const routes = [
  '/',
  '/auth/login',
  '/auth/callback',
  '/auth/logout',
  '/logged-out',
  '/account',
  '/projects',
  '/api/me',
  '/flow',
  '/button',
  '/troubleshooting',
  '/healthz',
  '/readyz',
  '/assets/site.css',
  '/no-such-page',
];

const marker = '<script>zq7x</script>';
const junkQueries = [
  'a=1&a=2&a=3',
  'a[]=1&a[b][c]=2',
  '__proto__[x]=1&constructor=2&toString=3',
  'attempt=__proto__&attempt=9e99',
  'returnTo=%',
  'returnTo=%E0%A4%A&returnTo[x]=1',
  '%00=%00&%FF=%FE',
  `q=${marker}`,
  '&'.repeat(2000),
  `${'a=1&'.repeat(2000)}`,
  `a=${'A'.repeat(12_000)}`,
  '?',
  '#',
];
const junkPaths = ['/%', '/%E0%A4%A', '/%00', '/..%2f..%2fetc/passwd', '/../../.env', '/.env', `/${marker}`];
const junkHeaders = [
  'Accept: ',
  'Accept: */*;q=abc, text/html;q=2, ,,',
  'Accept-Encoding: br;q=x, gzip;q=-1, \xff',
  'Accept-Language: \xff\xfe',
  `Cookie: ${'a=1; '.repeat(1500)}`,
  'Cookie: ;;;===;"; __Host-session=%E0%A4; \xff',
  'Content-Type: application/x-www-form-urlencoded; charset=\xff',
  'If-None-Match: \xff',
  'If-Modified-Since: never',
  'Range: bytes=9-0',
  'Authorization: Basic \xff',
  'Origin: not an origin',
  'Referer: \x80',
  'X-Request-Id: <script>zq7x</script>',
  'X-Forwarded-For: , , \xff, 999.999.999.999',
  'X-Forwarded-For: unknown',
  'X-Forwarded-Proto: https, http, javascript',
  'X-Forwarded-Host: <script>zq7x</script>',
  'Forwarded: for="<script>";;;',
  'X-HTTP-Method-Override: DELETE',
  'Expect: 100-continue',
  'Upgrade: h2c',
];

describe.each(routes)('%s', (route) => {
  test('makes no fault of its own out of junk in the query', async () => {
    for (const query of junkQueries) expectNoFault(await get(`${route}?${query}`), query);
  });

  test('makes no fault of its own out of junk in the headers', async () => {
    for (const header of junkHeaders) expectNoFault(await get(route, [header]), header);
  });

  test('makes no fault of its own out of a method it does not know', async () => {
    for (const method of ['POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'M-SEARCH']) {
      expectNoFault(await connection.request(route, head([]), method), method);
    }
  });

  test('makes no fault of its own out of a body, of whatever kind', async () => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded', 'multipart/form-data', 'x']) {
      const lines = head([`Content-Type: ${type}`, 'Content-Length: 0']);
      expectNoFault(await connection.request(route, lines, 'POST'), type);
    }
  });
});

test.each(junkPaths)('the path %s is not found, and not repeated as code', async (path) => {
  const answer = await get(path);
  expectNoFault(answer, path);
  expect([400, 404]).toContain(answer.status);
});

test.each(['nonsense', 'GET / HTTP/9.9', 'GET  / HTTP/1.1'])(
  'a request line like %j is refused, and the next one served',
  async (line) => {
    await connection.request('/', ['Host: localhost', line]).catch(() => undefined);
    expect((await get('/healthz')).status).toBe(200);
  },
);

test('no mixture of route, query and headers is answered by a fault', async () => {
  const mixture = fc.record({
    route: fc.constantFrom(...routes),
    query: fc.array(fc.constantFrom(...junkQueries), { maxLength: 3 }).map((all) => all.join('&').slice(0, 9000)),
    headers: fc.uniqueArray(fc.constantFrom(...junkHeaders.filter((one) => one.length < 1000)), {
      maxLength: 5,
    }),
    method: fc.constantFrom('GET', 'GET', 'GET', 'POST'),
  });
  await fc.assert(
    fc.asyncProperty(mixture, async ({ route, query, headers, method }) => {
      expectNoFault(await connection.request(`${route}?${query}`, head(headers), method), { query, headers });
    }),
    { numRuns: 500 },
  );
}, 60_000);

function get(target: string, headers: string[] = []): Promise<RawAnswer> {
  return connection.request(target, head(headers));
}

function head(more: string[]): string[] {
  const accept = more.some((line) => line.startsWith('Accept:')) ? [] : ['Accept: text/html'];
  return ['Host: localhost', ...accept, ...more];
}

/** No 5xx, no session, no redirect off the site but the one to LaunchDarkly, nothing repeated as code. */
function expectNoFault({ status, head: answered, body }: RawAnswer, sent: unknown): void {
  const [, location = '/'] = /^Location: ([^\r]*)/im.exec(answered) ?? [];
  const { origin } = new URL(location, app.url);
  expect({ sent, status, fault: status >= 500 }).toEqual({ sent, status, fault: false });
  expect([app.url, app.sandbox.url]).toContain(origin);
  expect(answered).not.toMatch(/^set-cookie: [^\r]*session/im);
  expect(`${answered}${body}`).not.toContain(marker);
}
