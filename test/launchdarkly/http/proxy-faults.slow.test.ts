import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { createHttp } from '../../../src/launchdarkly/index.ts';
import { privateCa } from '../../support/certificates.ts';
import { closeAfterEach } from '../../support/close-after-each.ts';
import { closedPort, json, startHttpServer, startSocketServer } from '../../support/http-server.ts';

const host = 'launchdarkly.example';
const url = `https://${host}/api`;
const closing = closeAfterEach();
let pki: Awaited<ReturnType<typeof privateCa>>;

beforeAll(async () => {
  pki = await privateCa(host, 'localhost');
});

/** A forward proxy that behaves like `converse` and counts the connections to it. */
const proxyThat = async (converse: (socket: Socket) => void) => closing(await startSocketServer(converse));

/** Waits for the CONNECT request. */
const onConnect = (act: (socket: Socket) => void) => (socket: Socket) => socket.once('data', () => act(socket));

const faults: [string, string, (socket: Socket) => void][] = [
  ['hangs up upon CONNECT', 'PROXY_CLOSED', onConnect((socket) => socket.end())],
  ['hangs up before CONNECT', 'PROXY_CLOSED', (socket) => socket.end()],
  ['cuts the connection upon CONNECT', 'PROXY_CLOSED', onConnect((socket) => socket.destroy())],
  ['hangs up within its answer', 'PROXY_CLOSED', onConnect((socket) => socket.end('HTTP/1.1 200 Connection est'))],
  ['resets upon CONNECT', 'PROXY_ECONNRESET', onConnect((socket) => socket.resetAndDestroy())],
  ['resets before CONNECT', 'PROXY_ECONNRESET', (socket) => socket.resetAndDestroy()],
  ['answers 407', 'PROXY_REFUSED', onConnect((socket) => socket.end(`HTTP/1.1 407 No\r\n\r\n`))],
  ['answers 503', 'PROXY_REFUSED', onConnect((socket) => socket.end(`HTTP/1.1 503 No\r\n\r\n`))],
  ['talks nonsense', 'RESPONSE_NOT_HTTP', onConnect((socket) => socket.end('220 smtp.example ESMTP\r\n'))],
  ['hangs up after the tunnel is open', 'ECONNRESET', onConnect((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))],
  [
    'hangs up upon the TLS handshake',
    'ECONNRESET',
    onConnect((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.once('data', () => socket.end());
    }),
  ],
  [
    'answers the TLS handshake with nonsense',
    'ERR_SSL_WRONG_VERSION_NUMBER',
    onConnect((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.once('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    }),
  ],
];

describe('a proxy that', () => {
  test.each(faults)('%s gets one try, and is left in peace afterwards', async (_, code, converse) => {
    const proxy = await proxyThat(converse);
    const http = closing(createHttp({ ca: pki.ca, httpsProxy: proxy.url, timeoutMs: 3_000 }));
    const call = http.request({ method: 'POST', url, body: '{}' });
    await expect(call).rejects.toMatchObject({ code, sent: false });
    expect(proxy.connections()).toBe(1);
    await staysQuiet(proxy.connections);
  });

  test.each(faults)('%s is asked three times at most for a GET', async (_, code, converse) => {
    const proxy = await proxyThat(converse);
    const http = closing(createHttp({ ca: pki.ca, httpsProxy: proxy.url, timeoutMs: 3_000 }));
    await expect(http.request({ method: 'GET', url })).rejects.toMatchObject({ code, sent: false });
    expect(proxy.connections()).toBeLessThanOrEqual(3);
    await staysQuiet(proxy.connections);
  });

  test('hangs upon CONNECT costs the time limit and one connection', async () => {
    const proxy = await proxyThat((socket) => socket.resume());
    const http = closing(createHttp({ ca: pki.ca, httpsProxy: proxy.url, timeoutMs: 300 }));
    const call = http.request({ method: 'GET', url });
    await expect(call).rejects.toMatchObject({ code: 'TIMEOUT', sent: false });
    await sleep(2_000);
    expect(proxy.connections()).toBe(1);
  });

  test('is gone is said so at once', async () => {
    const httpsProxy = `http://127.0.0.1:${await closedPort()}`;
    const http = closing(createHttp({ ca: pki.ca, httpsProxy }));
    const call = http.request({ method: 'POST', url, body: '{}' });
    await expect(call).rejects.toMatchObject({
      code: 'PROXY_ECONNREFUSED',
      sent: false,
      message: expect.stringContaining('The proxy cannot be reached. Correct HTTPS_PROXY'),
    });
  });

  test('speaks plain http where https was asked for: the proxy is named, not LaunchDarkly', async () => {
    const proxy = closing(await startHttpServer((_, response) => json(response, 200, {})));
    const http = closing(createHttp({ ca: pki.ca, httpsProxy: `https://127.0.0.1:${proxy.port}` }));
    await expect(http.request({ method: 'POST', url, body: '{}' })).rejects.toMatchObject({
      code: expect.stringMatching(/^PROXY_.*(SSL|TLS|EPROTO)/),
      sent: false,
      message: expect.stringContaining('Write HTTPS_PROXY with http://'),
    });
  });

  test('has a certificate that nobody here trusts: the proxy is named, not LaunchDarkly', async () => {
    const proxy = closing(
      await startHttpServer((_, response) => json(response, 200, {}), await privateCa('localhost')),
    );
    const http = closing(createHttp({ ca: pki.ca, httpsProxy: `https://localhost:${proxy.port}` }));
    await expect(http.request({ method: 'POST', url, body: '{}' })).rejects.toMatchObject({
      code: expect.stringMatching(/^PROXY_/),
      message: expect.stringContaining("The proxy's own certificate is not trusted"),
    });
  });

  test('hung up is used again once it works', async () => {
    const server = closing(await startHttpServer((_, response) => json(response, 200, {}), pki));
    let works = false;
    const proxy = await proxyThat(
      onConnect((socket) => {
        if (!works) return void socket.end();
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.pipe(connect(server.port, '127.0.0.1')).pipe(socket);
      }),
    );
    const http = closing(createHttp({ ca: pki.ca, httpsProxy: proxy.url, timeoutMs: 3_000 }));
    await expect(http.request({ method: 'GET', url })).rejects.toMatchObject({ code: 'PROXY_CLOSED' });
    works = true;
    await expect(http.request({ method: 'GET', url })).resolves.toMatchObject({ status: 200 });
  });
});

describe('without a proxy, a server that', () => {
  test.each<[string, (socket: Socket) => void]>([
    ['hangs up before the TLS handshake', (socket) => socket.end()],
    ['hangs up within the TLS handshake', (socket) => socket.once('data', () => socket.end())],
    ['resets within the TLS handshake', (socket) => socket.once('data', () => socket.resetAndDestroy())],
    ['answers the TLS handshake with nonsense', (socket) => socket.once('data', () => socket.end('nonsense'))],
  ])('%s gets one try', async (_, converse) => {
    const server = await proxyThat(converse);
    const http = closing(createHttp({ timeoutMs: 3_000 }));
    const call = http.request({
      method: 'POST',
      url: server.url.replace('http:', 'https:'),
      body: '{}',
    });
    await expect(call).rejects.toMatchObject({ name: 'HttpError', sent: false });
    await staysQuiet(server.connections);
    expect(server.connections()).toBe(1);
  });
});

/** Nothing connects within half a second, in which a loop would connect thousands of times, nor computes. */
async function staysQuiet(connections: () => number) {
  const [before, cpu] = [connections(), process.cpuUsage()];
  await sleep(500);
  const { user, system } = process.cpuUsage(cpu);
  expect(connections()).toBe(before);
  expect((user + system) / 1000).toBeLessThan(250);
}
