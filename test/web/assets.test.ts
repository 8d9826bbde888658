import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import express from 'express';
import { createAssets } from '../../src/web/assets.ts';

const assets = createAssets();
let server: http.Server;

beforeAll(async () => {
  server = express().use(assets.middleware).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
});

afterAll(() => {
  server.close();
});

test('a file with its current hash is kept forever; with the hash of another version it is served, but not kept', async () => {
  const current = await get('site.css');
  const other = await request('/assets/site.css?v=0000000000', {}, 'GET');
  expect(current.headers['content-type']).toBe('text/css; charset=utf-8');
  expect(current.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  expect(other.body).toEqual(current.body);
  expect(other.headers['cache-control']).toBe('no-cache');
});

test('HEAD tells the length and sends no body', async () => {
  const [head, get_] = [await get('icon.svg', {}, 'HEAD'), await get('icon.svg')];
  expect(head.body).toHaveLength(0);
  expect(head.headers['content-length']).toBe(String(get_.body.length));
});

test('an unknown file, a path outside, a folder and another method are not found', async () => {
  for (const [path, method] of [
    ['/assets/unknown.css', 'GET'],
    ['/assets/../home.eta', 'GET'],
    ['/assets/', 'GET'],
    [assets.href('site.css'), 'POST'],
  ] as const) {
    expect((await request(path, {}, method)).status).toBe(404);
  }
});

function get(name: string, headers: http.OutgoingHttpHeaders = {}, method = 'GET') {
  return request(assets.href(name), headers, method);
}

interface Answer {
  status: number | undefined;
  headers: http.IncomingHttpHeaders;
  body: Buffer;
}

function request(path: string, headers: http.OutgoingHttpHeaders, method: string): Promise<Answer> {
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    const call = http.request({ host: '127.0.0.1', port, path, headers, method, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () =>
        resolve({ status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }),
      );
    });
    call.on('error', reject).end();
  });
}
