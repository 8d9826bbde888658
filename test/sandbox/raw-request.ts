import { request } from 'node:http';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';

/** An answer as it came over the wire. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

/**
 * Sends a request with exactly these header lines, in this order, repeated ones included; `fetch` would join them. A name
 * and its value follow each other.
 */
export function sendRaw(
  sandbox: Pick<Sandbox, 'url'>,
  method: string,
  path: string,
  { headers = [], body = '' }: { headers?: readonly string[]; body?: string } = {},
): Promise<RawAnswer> {
  const { hostname, port, host } = new URL(sandbox.url);
  const hasHost = headers.some((name, index) => index % 2 === 0 && name.toLowerCase() === 'host');
  const lines = [
    ...(hasHost ? [] : ['Host', host]),
    ...headers,
    ...(body === '' ? [] : ['Content-Length', String(Buffer.byteLength(body))]),
  ];
  return new Promise((resolve, reject) => {
    const req = request({ hostname, port, method, path, headers: lines, agent: false }, (res) => {
      let text = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => {
        text += chunk;
      });
      res.on('end', () => resolve({ status: res.statusCode ?? 0, headers: res.headers, body: text }));
    });
    req.on('error', reject);
    req.end(body);
  });
}
