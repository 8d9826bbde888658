import { once } from 'node:events';
import { connect } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, expect, jest, test } from '@jest/globals';
import { loadAppConfig } from '../../src/config/config.ts';
import { listen, stopListening } from '../../src/http-server/listen.ts';
import { openServer } from '../../src/http-server/open-server.ts';
import { createLogger } from '../../src/logging/log.ts';

jest.setTimeout(40_000);

let server: Awaited<ReturnType<typeof openServer>>;

afterEach(async () => {
  server.closeAllConnections();
  await stopListening(server);
});

async function serve(keepAlive: number, { logged = () => {} }: { logged?: (line: string) => void } = {}) {
  const destination = new Writable({
    write(chunk, _encoding, done) {
      logged(String(chunk));
      done();
    },
  });
  server = await openServer({
    handler: (_req, res) => void res.end('ok'),
    messages: {},
    origin: 'http://localhost:3000',
    keepAlive,
    logger: createLogger({ level: 'info', format: 'json', destination }),
    loadCertificate: undefined,
  });
  return listen(server, { port: 0, hosts: ['127.0.0.1'] });
}

/** A connection as a balancer keeps it: asks, waits, asks again. Resolves to how many answers came. */
async function asksTwice(port: number, waitMs: number): Promise<number> {
  const socket = connect(port, '127.0.0.1').setEncoding('latin1');
  let answers = 0;
  socket.on('data', (text: unknown) => {
    answers += String(text).match(/HTTP\/1\.1 200/g)?.length ?? 0;
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const ask = () => socket.writable && socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n');
  ask();
  await pause(waitMs);
  ask();
  await pause(1_500);
  socket.destroy();
  return answers;
}

test('no request meets a closed connection at the edge where Node closes by default', async () => {
  const port = await serve(75_000);
  const edges = Array.from({ length: 200 }, (_, at) => 4_900 + at * 7);
  const answers = await Promise.all(edges.map((wait) => asksTwice(port, wait)));
  expect(answers.filter((count) => count !== 2)).toEqual([]);
});

test('the setting decides, and the limit for headers is not counted while a connection is idle', async () => {
  const port = await serve(60_000);
  server.headersTimeout = 500;
  expect(await asksTwice(port, 2_500)).toBe(2);
});

test('TLS on a port that speaks http is logged once', async () => {
  const lines: string[] = [];
  const port = await serve(1_000, { logged: (line) => void lines.push(line) });
  for (let round = 0; round < 2; round++) {
    const socket = connect(port, '127.0.0.1');
    socket.on('error', () => undefined).write(Buffer.from([0x16, 0x03, 0x01, 0x00, 0x05, 1, 2, 3, 4, 5]));
    socket.resume();
    await once(socket, 'close');
  }
  expect(lines.filter((line) => line.includes('tls_on_http_port'))).toHaveLength(1);
});

test('behind a proxy connections stay open longer than any documented balancer keeps them', () => {
  const env = {
    LD_OAUTH_CLIENT_ID: 'id',
    LD_OAUTH_CLIENT_SECRET: 'secret-of-the-client',
    LD_ACCOUNT_ID: 'account',
    SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
  };
  const at = (more: Record<string, string>) => loadAppConfig({ env: { ...env, ...more }, envFile: null }).keepAlive;
  expect(at({ LD_OAUTH_REDIRECT_URI: 'https://app.example.com/auth/callback' })).toBe(620_000);
  expect(at({ LD_OAUTH_REDIRECT_URI: 'https://localhost:3000/auth/callback' })).toBe(75_000);
  expect(at({ KEEP_ALIVE: '910s' })).toBe(910_000);
});
