import { afterEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { retryAfterMs, retryDelayMs } from '../../../src/launchdarkly/http/http.ts';
import { HttpError } from '../../../src/launchdarkly/http/http-error.ts';
import { createHttp } from '../../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../../support/close-after-each.ts';
import { json, startHttpServer, startSocketServer } from '../../support/http-server.ts';

const closing = closeAfterEach();
afterEach(() => {
  jest.restoreAllMocks();
});

/** A server that fails as told and then answers 200, and the times at which it was asked. */
async function recovering(...failures: { status: number; headers?: Record<string, string> }[]) {
  const askedAt: number[] = [];
  const server = closing(
    await startHttpServer((_, response) => {
      askedAt.push(performance.now());
      const { status, headers } = failures.shift() ?? { status: 200 };
      json(response, status, {}, headers);
    }),
  );
  return {
    url: server.url,
    requests: server.requests,
    waits: () => askedAt.slice(1).map((at, n) => at - (askedAt[n] ?? 0)),
  };
}

const client = (timeoutMs = 10_000) => closing(createHttp({ timeoutMs }));

describe('a read', () => {
  test.each([429, 500, 502, 503, 504])('is repeated after a %i', async (status) => {
    const server = await recovering({ status });
    expect((await client().request({ method: 'GET', url: server.url })).status).toBe(200);
    expect(server.requests).toHaveLength(2);
  });

  test.each([400, 401, 403, 404, 409, 422, 501])('is not repeated after a %i', async (status) => {
    const server = await recovering({ status });
    expect((await client().request({ method: 'GET', url: server.url })).status).toBe(status);
    expect(server.requests).toHaveLength(1);
  });

  test('is given up after three attempts, with the last answer', async () => {
    const server = await recovering({ status: 500 }, { status: 502 }, { status: 503 });
    expect((await client().request({ method: 'GET', url: server.url })).status).toBe(503);
    expect(server.requests).toHaveLength(3);
  });

  test('is repeated when the connection breaks, whether before or after the request was sent', async () => {
    let connections = 0;
    const server = closing(
      await startSocketServer((socket) => {
        connections++;
        if (connections === 1) socket.resetAndDestroy();
        else if (connections === 2) socket.once('data', () => socket.end());
        else socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}'));
      }),
    );
    expect((await client().request({ method: 'GET', url: server.url })).body).toBe('{}');
    expect(connections).toBe(3);
  });

  test('is not repeated when the caller asks for that', async () => {
    const server = await recovering({ status: 503 });
    const answer = await client().request({ method: 'GET', url: server.url, retry: false });
    expect(answer.status).toBe(503);
    expect(server.requests).toHaveLength(1);
  });

  test('is not repeated when the server asks for more time than there is', async () => {
    const server = await recovering({ status: 429, headers: { 'retry-after': '3600' } });
    const startedAt = performance.now();
    expect((await client(500).request({ method: 'GET', url: server.url })).status).toBe(429);
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(server.requests).toHaveLength(1);
  });

  test('waits as long as the server asks', async () => {
    const inASecond = new Date(Date.now() + 1000 + 999).toUTCString();
    const cases = [
      { headers: { 'retry-after': '1' }, least: 990 },
      { headers: { 'retry-after': inASecond }, least: 500 },
      { headers: { 'x-ratelimit-reset': String(Date.now() + 700) }, least: 500 },
    ];
    await Promise.all(
      cases.map(async ({ headers, least }) => {
        const server = await recovering({ status: 429, headers });
        await client().request({ method: 'GET', url: server.url });
        expect(server.waits()[0]).toBeGreaterThanOrEqual(least);
      }),
    );
  });

  test('comes back soon when the reset is past already', async () => {
    const past = { 'x-ratelimit-reset': String(Date.now() - 60_000) };
    const server = await recovering({ status: 429, headers: past });
    await client().request({ method: 'GET', url: server.url });
    expect(server.waits()[0]).toBeLessThan(3000);
  });
});

test('a server that asks to wait for a day gets its answer passed on at once, and is not asked again', async () => {
  const server = await recovering({ status: 429, headers: { 'retry-after': '86400' } });
  const startedAt = performance.now();
  expect((await client(20_000).request({ method: 'GET', url: server.url })).status).toBe(429);
  expect(performance.now() - startedAt).toBeLessThan(10_000);
  expect(server.requests).toHaveLength(1);
});

test.each(['POST', 'PATCH', 'DELETE', 'PUT'])('a %s is never sent twice', async (method) => {
  const server = await recovering({ status: 503, headers: { 'retry-after': '0' } });
  const broken = closing(await startSocketServer((socket) => socket.once('data', () => socket.resetAndDestroy())));
  const http = client();
  expect((await http.request({ method, url: server.url, retry: true })).status).toBe(503);
  await expect(http.request({ method, url: broken.url, retry: true })).rejects.toMatchObject({ sent: true });
  await expect(http.fetch(broken.url, { method, headers: {} })).rejects.toMatchObject({ name: 'TypeError' });
  expect(server.requests).toHaveLength(1);
  expect(broken.connections()).toBe(2);
});

describe('the wait', () => {
  const now = Date.UTC(2026, 10, 21);

  test.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['seconds with blanks around them', { 'retry-after': ' 7 ' }, 7000],
    ['no seconds', { 'retry-after': '0' }, 0],
    ['a date', { 'retry-after': 'Sat, 21 Nov 2026 00:00:09 GMT' }, 9000],
    ['a date in the past', { 'retry-after': 'Fri, 20 Nov 2026 00:00:00 GMT' }, 0],
    ['the reset of the rate limit', { 'x-ratelimit-reset': String(now + 2500) }, 2500],
    ['a reset in the past', { 'x-ratelimit-reset': String(now - 1) }, 0],
    ["the token's own reset", { 'x-ratelimit-auth-token-reset': String(now + 4000) }, 4000],
    ['Retry-After before the reset', { 'retry-after': '1', 'x-ratelimit-reset': String(now + 9000) }, 1000],
    ['nothing', {}, undefined],
    ['words', { 'retry-after': 'soon' }, undefined],
    ['words, and a reset', { 'retry-after': 'soon', 'x-ratelimit-reset': String(now + 1) }, 1],
    ['an empty header', { 'retry-after': '' }, undefined],
    ['an empty reset', { 'x-ratelimit-reset': '' }, undefined],
    ['a reset that is no number', { 'x-ratelimit-reset': 'later' }, undefined],
  ])('that the server asks for: %s', (_, headers, expected) => {
    expect(retryAfterMs({ headers }, now)).toBe(expected);
  });

  test('is a finite number of milliseconds, never negative, whatever the server writes', () => {
    const text = fc.oneof(
      fc.string(),
      fc.integer().map(String),
      fc.date({ noInvalidDate: true }).map((at) => at.toUTCString()),
    );
    fc.assert(
      fc.property(text, text, (retryAfter, reset) => {
        const headers = { 'retry-after': retryAfter, 'x-ratelimit-reset': reset };
        const asked = retryAfterMs({ headers }, now);
        expect(asked === undefined || (Number.isFinite(asked) && asked >= 0)).toBe(true);
      }),
    );
  });

  test('grows from attempt to attempt and differs from process to process', () => {
    const response = { status: 503, headers: {}, body: '' };
    const wait = (attempt: number, chance: number) => {
      jest.spyOn(Math, 'random').mockReturnValue(chance);
      return retryDelayMs({ response }, attempt);
    };
    expect([wait(1, 0), wait(1, 1), wait(2, 0), wait(2, 1), wait(3, 0)]).toEqual([100, 200, 200, 400, undefined]);
  });

  test('is a little more than was asked for, so that not everybody comes at once', () => {
    const response = { status: 429, headers: { 'retry-after': '2' }, body: '' };
    jest.spyOn(Math, 'random').mockReturnValue(0.5);
    expect(retryDelayMs({ response }, 1)).toBeCloseTo(2125, -2);
  });

  test.each([
    'TIMEOUT',
    'ABORTED',
    'RESPONSE_TOO_LARGE',
    'RESPONSE_NOT_HTTP',
    'PROXY_REFUSED',
    'UND_ERR_INVALID_ARG',
    'DEPTH_ZERO_SELF_SIGNED_CERT',
    'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
    'CERT_HAS_EXPIRED',
    'ERR_TLS_CERT_ALTNAME_INVALID',
    'ERR_SSL_WRONG_VERSION_NUMBER',
  ])('is spared after %s, which would happen again', (code) => {
    expect(retryDelayMs({ error: new HttpError(code, { sent: false }) }, 1)).toBeUndefined();
  });
});
