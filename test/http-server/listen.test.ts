import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { afterEach, describe, expect, test } from '@jest/globals';
import { listen, stopListening } from '../../src/http-server/listen.ts';
import { listenError } from '../../src/http-server/listen-error.ts';

const opened: Server[] = [];

afterEach(async () => {
  for (const server of opened.splice(0)) {
    server.closeAllConnections();
    await stopListening(server);
  }
});

describe('listen', () => {
  test('answers on every address of localhost under one port, and stops on all of them', async () => {
    const server = newServer();
    const port = await listen(server, { port: 0, hosts: ['127.0.0.1', '::1'] });
    expect(await ask('127.0.0.1', port)).toBe('hello');
    expect(await ask('::1', port)).toBe('hello');
    await stopListening(server);
    await expect(ask('127.0.0.1', port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    await expect(ask('::1', port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('takes all addresses when none is named', async () => {
    const port = await listen(newServer(), { port: 0 });
    expect(await ask('127.0.0.1', port)).toBe('hello');
    expect(await ask('127.9.9.9', port)).toBe('hello');
  });

  test('goes on without an address that this machine has not, as long as another works', async () => {
    for (const hosts of [
      ['127.0.0.1', '2001:db8::1'],
      ['2001:db8::1', '127.0.0.1'],
    ]) {
      const port = await listen(newServer(), { port: 0, hosts });
      expect(await ask('127.0.0.1', port)).toBe('hello');
    }
  });

  test('says that the port is taken and how to choose another', async () => {
    const port = await listen(newServer(), { port: 0, hosts: ['127.0.0.1'] });
    await expect(listen(newServer(), { port, hosts: ['127.0.0.1'] })).rejects.toMatchObject({
      name: 'ListenError',
      code: 'EADDRINUSE',
      message: expect.stringMatching(new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is taken .* PORT=${port + 1}\\.`)),
    });
  });

  test('names the program that has the port, but not its arguments', async () => {
    const port = await listen(newServer(), { port: 0, hosts: ['127.0.0.1'] });
    await expect(listen(newServer(), { port, hosts: ['127.0.0.1'] })).rejects.toThrow(
      new RegExp(`is taken by another program \\((\\S+, )?process ${process.pid}\\)\\. `),
    );
  });

  test('recognises a copy of this app', async () => {
    const server = createServer((_req, res) => void res.end('{"status":"ok","sessionStore":"ok","stopping":false}'));
    opened.push(server);
    const port = await listen(server, { port: 0, hosts: ['127.0.0.1'] });
    await expect(listen(newServer(), { port, hosts: ['127.0.0.1'] })).rejects.toThrow('another copy of this app');
  });

  test('explains a port above 1023 that the system reserves by something else than advice to go above 1023', async () => {
    const refused = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
    const { message } = await listenError(refused, { port: 3000, host: '127.0.0.1' });
    expect(message).toMatch(/Port 3000 on 127\.0\.0\.1 may not be opened .*excludedportrange.* PORT=3001\./);
    expect(message).not.toContain('1023');
    expect((await listenError(refused, { port: 443 })).message).toContain('above 1023');
  });

  test('does not share the port with a program on the other address of localhost', async () => {
    const other = createTcpServer().listen(0, '::1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    await expect(listen(newServer(), { port, hosts: ['127.0.0.1', '::1'] })).rejects.toMatchObject({
      code: 'EADDRINUSE',
      message: expect.stringContaining(`Port ${port} on ::1 is taken`),
    });
    await expect(ask('127.0.0.1', port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
    other.close();
  });

  test('says that the address is not of this machine', async () => {
    await expect(listen(newServer(), { port: 0, hosts: ['192.0.2.1'] })).rejects.toMatchObject({
      code: 'EADDRNOTAVAIL',
      message: expect.stringContaining('HOST=192.0.2.1 is not an address of this machine'),
    });
  });

  test('says that the host name is unknown and how to make it known', async () => {
    await expect(listen(newServer(), { port: 0, hosts: ['nowhere.invalid'] })).rejects.toMatchObject({
      code: expect.stringMatching(/ENOTFOUND|EAI_AGAIN/),
      message: expect.stringMatching(
        /HOST=nowhere\.invalid is a name that cannot be resolved here\. Add it to the hosts file/,
      ),
    });
  });
});

function newServer(): Server {
  const server = createServer((_req, res) => void res.end('hello'));
  opened.push(server);
  return server;
}

function ask(host: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    get({ host, port, agent: false }, (res) => void res.setEncoding('utf8').on('data', resolve)).on('error', reject);
  });
}
