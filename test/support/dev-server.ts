import type { IncomingMessage, ServerResponse } from 'node:http';
import { request } from 'node:http';
import { createServer, request as requestTls } from 'node:https';
import { listen, stopListening } from '../../src/http-server/listen.ts';
import { selfSigned } from './certificates.ts';

/** An entry of Vite's `server.proxy`, which http-proxy carries out. A string means `{ target, changeOrigin: true }`. */
export type DevProxy = string | { target: string; changeOrigin?: boolean; xfwd?: boolean; secure?: boolean };

/** An https development server: its own page at every address but those that begin like a key of `proxy`. */
export async function startDevServer(
  port: number,
  proxy: Record<string, DevProxy>,
): Promise<{ close(): Promise<void> }> {
  const server = createServer(await selfSigned('localhost'), (req, res) => {
    const found = Object.entries(proxy).find(([prefix]) => req.url?.startsWith(prefix));
    if (!found) res.setHeader('content-type', 'text/html').end('<!DOCTYPE html><title>Vite</title><p>The front end');
    else passOn(req, res, typeof found[1] === 'string' ? { target: found[1], changeOrigin: true } : found[1]);
  });
  await listen(server, { port, hosts: ['127.0.0.1', '::1'] });
  return {
    close: () => {
      server.closeAllConnections();
      return stopListening(server);
    },
  };
}

function passOn(req: IncomingMessage, res: ServerResponse, options: Exclude<DevProxy, string>): void {
  const { target, changeOrigin, xfwd, secure = true } = options;
  const url = new URL(req.url ?? '/', target);
  const headers = {
    ...req.headers,
    ...(changeOrigin && { host: url.host }),
    ...(xfwd && { 'x-forwarded-for': req.socket.remoteAddress, 'x-forwarded-proto': 'https' }),
  };
  const send = url.protocol === 'https:' ? requestTls : request;
  const passed = send(url, { method: req.method, headers, rejectUnauthorized: secure }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  passed.on('error', () => res.writeHead(502).end());
  req.pipe(passed);
}
