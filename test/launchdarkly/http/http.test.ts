import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { HttpExchange, HttpOptions } from '../../../src/launchdarkly/index.ts';
import { createHttp } from '../../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../../support/close-after-each.ts';
import type { Answer } from '../../support/http-server.ts';
import { closedPort, json, startHttpServer, startSocketServer } from '../../support/http-server.ts';
import { until } from '../../support/until.ts';

const closing = closeAfterEach();
const client = (options: HttpOptions = {}) => closing(createHttp(options));
const httpServer = async (answer: Answer) => closing(await startHttpServer(answer));
const socketServer = async (converse: (socket: Socket) => void) => closing(await startSocketServer(converse));

async function failure(call: Promise<unknown>): Promise<{ name: string; code: string; sent: boolean }> {
  return call.then(
    () => Promise.reject(new Error('the call was meant to fail')),
    ({ name, code, sent }) => ({ name, code, sent }),
  );
}

describe('a time limit', () => {
  test('counts until the whole body is there', async () => {
    const server = await httpServer((_, response) => {
      response.writeHead(200).write('{');
      const drip = setInterval(() => response.write(' '), 20);
      response.on('close', () => clearInterval(drip));
    });
    const startedAt = performance.now();
    expect(await failure(client({ timeoutMs: 200 }).request({ method: 'GET', url: server.url }))).toEqual({
      name: 'HttpError',
      code: 'TIMEOUT',
      sent: true,
    });
    expect(performance.now() - startedAt).toBeLessThan(5000);
  });

  test('holds for a POST to a server that never answers', async () => {
    const server = await httpServer(() => {});
    const http = client({ timeoutMs: 400 });
    expect(await failure(http.request({ method: 'POST', url: server.url, body: '{}' }))).toMatchObject({
      code: 'TIMEOUT',
      sent: true,
    });
    expect(server.requests).toHaveLength(1);
  });

  test('holds for all attempts together', async () => {
    const server = await httpServer((_, response) => json(response, 503, {}));
    const startedAt = performance.now();
    const answer = client({ timeoutMs: 150 }).request({ method: 'GET', url: server.url });
    await answer.catch(({ code }) => expect(code).toBe('TIMEOUT'));
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(server.requests.length).toBeLessThan(3);
  });

  test('can be cut short by the caller, before the call, during it and while waiting to try again', async () => {
    const [during, between] = [new AbortController(), new AbortController()];
    const silent = await httpServer(() => during.abort());
    const busy = await httpServer((_, response) => {
      response.on('finish', () => setTimeout(() => between.abort(), 50));
      json(response, 429, {}, { 'retry-after': '5' });
    });
    const http = client();
    const get = (url: string, signal: AbortSignal) => failure(http.request({ method: 'GET', url, signal }));

    expect(await get(silent.url, AbortSignal.abort())).toMatchObject({ code: 'ABORTED', sent: false });
    expect(await get(silent.url, during.signal)).toMatchObject({ code: 'ABORTED', sent: true });
    expect(await get(busy.url, between.signal)).toMatchObject({ code: 'ABORTED', sent: true });
    expect([silent.requests.length, busy.requests.length]).toEqual([1, 1]);
  });
});

describe('closing', () => {
  test('waits for the request that runs', async () => {
    const server = await httpServer((_, response) => setTimeout(() => json(response, 200, {}), 100));
    const http = client();
    const call = http.request({ method: 'GET', url: server.url });
    await until(() => server.requests.length > 0);
    const [response] = await Promise.all([call, http.close()]);
    expect(response.status).toBe(200);
  });

  test('waits for the very first request, which has yet to load the network code', async () => {
    const server = await httpServer((_, response) => json(response, 200, {}));
    const http = client();
    const [response] = await Promise.all([http.request({ method: 'GET', url: server.url }), http.close()]);
    expect(response.status).toBe(200);
  });

  test('does not wait for a server that has been given up', async () => {
    const server = await socketServer(() => {});
    const http = client({ timeoutMs: 50 });
    await failure(http.request({ method: 'POST', url: server.url }));
    await http.close();
  });

  test('costs nothing when nothing was ever called', async () => {
    await createHttp().close();
  });
});

describe('an observer', () => {
  test('sees each attempt whole, as it went over the wire', async () => {
    const answers = [503, 200];
    const server = await httpServer((_, response) => json(response, answers.shift() ?? 500, { n: answers.length }));
    const seen: HttpExchange[] = [];
    const http = client({ observe: (exchange) => seen.push(exchange), userAgent: 'tests' });
    await http.request({ method: 'GET', url: server.url, headers: { authorization: 'Bearer x' } });

    const request = {
      method: 'GET',
      url: server.url,
      headers: { 'user-agent': 'tests', 'accept-encoding': 'identity', authorization: 'Bearer x' },
    };
    expect(seen).toEqual([
      expect.objectContaining({
        request,
        response: expect.objectContaining({ status: 503, body: '{"n":1}' }),
      }),
      expect.objectContaining({
        request,
        response: expect.objectContaining({ status: 200, body: '{"n":0}' }),
      }),
    ]);
    expect(seen[0]?.durationMs).toBeGreaterThanOrEqual(0);
    expect(Math.abs((seen[0]?.startedAt ?? 0) - Date.now())).toBeLessThan(5000);
  });

  test('is called in the context of the caller, so that logins side by side can be told apart', async () => {
    const server = await httpServer((_, response) => json(response, 200, {}));
    const caller = new AsyncLocalStorage<string>();
    const seen: [string, string | undefined][] = [];
    const http = client({ observe: ({ request }) => seen.push([request.url, caller.getStore()]) });
    const urls = ['a', 'b', 'c'].map((name) => `${server.url}/${name}`);
    await Promise.all(urls.map((url) => caller.run(url, () => http.fetch(url, { method: 'POST', headers: {} }))));
    expect(seen.sort()).toEqual(urls.map((url) => [url, url]));
  });

  test('sees failures as well', async () => {
    const seen: HttpExchange[] = [];
    const http = client({ observe: (exchange) => seen.push(exchange) });
    await failure(http.request({ method: 'POST', url: `http://127.0.0.1:${await closedPort()}`, body: 'b' }));
    expect(seen).toEqual([
      expect.objectContaining({
        request: expect.objectContaining({ method: 'POST', body: 'b' }),
        error: expect.objectContaining({ code: 'ECONNREFUSED' }),
      }),
    ]);
  });
});
