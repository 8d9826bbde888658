import { once } from 'node:events';
import { get } from 'node:http';
import type { Server } from 'node:https';
import https from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { connect } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createHttpsServer } from '../../src/http-server/open-server.ts';
import { redirectPlainHttp } from '../../src/http-server/plain-http.ts';
import { selfSigned } from '../support/certificates.ts';

const origin = 'https://app.example.test';
let server: Server;
let reports: number;

beforeEach(async () => {
  reports = 0;
  const certificate = await selfSigned('localhost');
  server = await createHttpsServer(
    (req, res) => void res.end(`hello over TLS: ${req.url}`),
    async () => certificate,
    { info: () => undefined, error: () => undefined },
  );
  redirectPlainHttp(server, { origin, report: () => void reports++ });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});

afterEach(() => {
  server.closeAllConnections();
  server.close();
});

const port = () => (server.address() as AddressInfo).port;

test('plain http is redirected to the https origin, path and query kept, and reported once', async () => {
  for (const path of ['/', '/account?tab=1&x=%0d%0a']) {
    const [response] = await once(get({ host: '127.0.0.1', port: port(), path, agent: false }), 'response');
    expect([response.statusCode, response.headers.location]).toEqual([308, origin + path]);
    response.resume();
  }
  expect(reports).toBe(1);
});

test('a request target that is no path leads to the front page, never elsewhere', async () => {
  expect(await send('GET http://evil.example/x HTTP/1.1\r\nHost: x\r\n\r\n')).toMatch(
    /^HTTP\/1\.1 308 [\s\S]*Location: https:\/\/app\.example\.test\/\r\n/,
  );
});

test('what is neither TLS nor http is refused, and the server goes on', async () => {
  expect(await send('\0\0\0\0 nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /);
  const socket = connect(port(), '127.0.0.1');
  await once(socket, 'connect');
  socket.resetAndDestroy();
  expect(await overTls()).toBe('hello over TLS: /one');
});

test('TLS works as before, also when its first bytes come one by one', async () => {
  expect(await overTls()).toBe('hello over TLS: /one');
  const raw = connect(port(), '127.0.0.1');
  const write = raw.write.bind(raw);
  // Node writes the ClientHello at once; here it goes out in two parts.
  raw.write = ((chunk: Buffer, ...rest: []) => {
    if (chunk.length < 2) return write(chunk, ...rest);
    write(chunk.subarray(0, 1));
    return setTimeout(() => write(chunk.subarray(1), ...rest), 50).hasRef();
  }) as typeof raw.write;
  expect(await overTls(raw)).toBe('hello over TLS: /one');
});

function overTls(socket?: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port: port(), path: '/one', rejectUnauthorized: false, agent: false as const };
    https
      .get({ ...options, ...(socket && { socket }) }, (res) => void res.setEncoding('utf8').on('data', resolve))
      .on('error', reject);
  });
}

async function send(text: string): Promise<string> {
  const socket = connect(port(), '127.0.0.1').setEncoding('latin1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk;
  });
  socket.write(text, 'latin1');
  await once(socket, 'close');
  return answer;
}
