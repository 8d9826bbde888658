import { once } from 'node:events';
import type { Socket } from 'node:net';
import { connect } from 'node:net';
import type { TestServer } from './http-server.ts';
import { startSocketServer } from './http-server.ts';

export interface ConnectProxy extends TestServer {
  /** The heads of the CONNECT requests so far, oldest first. */
  readonly heads: string[];
}

/**
 * A forward proxy that tunnels CONNECT requests (RFC 9110, section 9.3.6), whatever host they name, to `port` on this
 * machine: a name that only the proxy can resolve is reached too.
 * @param refusal a status line instead of the tunnel, e.g. `HTTP/1.1 407 Proxy Authentication Required`.
 */
export async function startConnectProxy(port: number, refusal?: string): Promise<ConnectProxy> {
  const heads: string[] = [];
  const server = await startSocketServer((client) => {
    serve(client).catch(() => client.destroy());
  });
  return { ...server, heads };

  async function serve(client: Socket) {
    heads.push(await readHead(client));
    if (refusal) return client.end(`${refusal}\r\nContent-Length: 0\r\n\r\n`);
    const target = connect(port, '127.0.0.1');
    target.on('error', () => client.destroy());
    client.on('close', () => target.destroy());
    await once(target, 'connect');
    client.write('HTTP/1.1 200 Connection established\r\n\r\n');
    client.pipe(target).pipe(client);
  }
}

async function readHead(socket: Socket): Promise<string> {
  let head = '';
  const signal = AbortSignal.timeout(20_000);
  while (!head.includes('\r\n\r\n')) head += String((await once(socket, 'data', { signal }))[0]);
  return head;
}
