import { once } from 'node:events';
import type { Socket } from 'node:net';
import { describe, expect, test } from '@jest/globals';
import type { HttpOptions } from '../../../src/launchdarkly/index.ts';
import { createHttp } from '../../../src/launchdarkly/index.ts';
import { closeAfterEach } from '../../support/close-after-each.ts';
import type { Answer } from '../../support/http-server.ts';
import { closedPort, json, startHttpServer, startSocketServer } from '../../support/http-server.ts';
import { everythingIn } from '../../support/secrets.ts';

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

describe('one exchange', () => {
  test('sends method, path, query, headers and body, and hands back status, headers and body', async () => {
    const server = await httpServer((_, response) => json(response, 418, { ok: 'žluťoučký' }, { 'x-two': ['a', 'b'] }));
    const response = await client({ userAgent: 'tests' }).request({
      method: 'PATCH',
      url: `${server.url}/a/b?c=d%20e`,
      headers: { 'x-one': '1' },
      body: 'größer',
    });

    expect(response).toMatchObject({ status: 418, body: '{"ok":"žluťoučký"}', headers: { 'x-two': 'a, b' } });
    expect(server.requests).toEqual([
      expect.objectContaining({ method: 'PATCH', path: '/a/b?c=d%20e', body: 'größer' }),
    ]);
    expect(server.requests[0]?.headers).toMatchObject({ 'x-one': '1', 'user-agent': 'tests' });
  });

  test('keeps the connection for the next call', async () => {
    const server = await httpServer((_, response) => json(response, 200, {}));
    const http = client();
    await http.request({ method: 'GET', url: server.url });
    await nextTurn();
    await http.request({ method: 'POST', url: server.url, body: '{}' });
    await nextTurn();
    await http.fetch(server.url, { method: 'POST', headers: {} });
    expect(server.connections()).toBe(1);
  });

  test('does not follow redirects', async () => {
    const server = await httpServer((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
    expect(await client().request({ method: 'GET', url: server.url })).toMatchObject({
      status: 302,
      headers: { location: '/elsewhere' },
    });
    expect(server.requests).toHaveLength(1);
  });

  test('puts a character together that was cut in two on the way', async () => {
    const text = Buffer.from('{"name":"日本"}');
    const server = await httpServer((_, response) => {
      response.write(text.subarray(0, 10));
      setImmediate(() => response.end(text.subarray(10)));
    });
    expect((await client().request({ method: 'GET', url: server.url })).body).toBe('{"name":"日本"}');
  });

  test('ignores interim answers such as 103', async () => {
    const server = await httpServer((_, response) => {
      response.writeEarlyHints({ link: '</style.css>; rel=preload' });
      json(response, 200, {});
    });
    const response = await client().request({ method: 'GET', url: server.url });
    expect(response).toMatchObject({ status: 200, body: '{}' });
    expect(response.headers).not.toHaveProperty('link');
  });

  test('refuses an answer beyond four megabytes and hangs up', async () => {
    let hungUp: Promise<unknown> | undefined;
    const server = await httpServer((_, response) => {
      hungUp = once(response, 'close');
      const more = () => {
        while (!response.destroyed && response.write('x'.repeat(65_536)));
      };
      response.on('drain', more);
      more();
    });
    expect(await failure(client().request({ method: 'GET', url: server.url }))).toEqual({
      name: 'HttpError',
      code: 'RESPONSE_TOO_LARGE',
      sent: true,
    });
    await hungUp;
    expect(server.requests).toHaveLength(1);
  });

  test('fails unsent when a header cannot be sent, without naming its value', async () => {
    const bad = { method: 'GET', url: 'http://127.0.0.1:1/', headers: { authorization: 'geheim\n' } };
    const error = await client()
      .request(bad)
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ name: 'HttpError', code: 'UND_ERR_INVALID_ARG', sent: false });
    expect(everythingIn(error)).not.toContain('geheim');
  });
});

describe('a connection that fails', () => {
  test('before the request was written, the server cannot have acted', async () => {
    const url = `http://127.0.0.1:${await closedPort()}`;
    expect(await failure(client().request({ method: 'POST', url, body: '{}' }))).toEqual({
      name: 'HttpError',
      code: 'ECONNREFUSED',
      sent: false,
    });
  });

  test.each([
    ['is reset after the request', (socket: Socket) => socket.resetAndDestroy()],
    ['is closed without an answer', (socket: Socket) => socket.end()],
    [
      'ends in the middle of the body',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"a":'),
    ],
    [
      'ends in the middle of a chunk',
      (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10\r\n{"a":'),
    ],
    ['ends in the middle of the head', (socket: Socket) => socket.end('HTTP/1.1 200 OK\r\nContent-Le')],
    ['speaks another protocol', (socket: Socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n')],
  ])('when it %s, the server may have acted and a POST is not sent again', async (_, misbehave) => {
    let received = 0;
    const server = await socketServer((socket) => {
      socket.once('data', () => {
        received++;
        misbehave(socket);
      });
    });
    const call = client().request({ method: 'POST', url: server.url, body: '{"name":"once"}' });
    expect(await failure(call)).toMatchObject({ name: 'HttpError', code: expect.any(String), sent: true });
    expect(received).toBe(1);
  });

  test('an answer that is no HTTP is not quoted', async () => {
    const server = await socketServer((socket) => {
      const head = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';
      socket.once('data', () => socket.write(`${head}5\r\nhello\r\nzz{"access_token":"geheim"}\r\n`));
    });
    const error = await client()
      .request({ method: 'GET', url: server.url })
      .catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'RESPONSE_NOT_HTTP', sent: true });
    expect(everythingIn(error)).not.toContain('geheim');
  });

  test('a call after the client was closed fails at once', async () => {
    const server = await httpServer((_, response) => json(response, 200, {}));
    const http = client();
    await http.request({ method: 'GET', url: server.url });
    await http.close();
    expect(await failure(http.request({ method: 'POST', url: server.url }))).toMatchObject({
      code: expect.stringMatching(/^UND_ERR_/),
      sent: false,
    });
  });
});

/** A socket is free for the next call a turn of the event loop after its answer. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
