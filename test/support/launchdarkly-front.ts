import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer, request } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { pipeline } from 'node:stream';

/** Stands before the sandbox: ends TLS, lets only some callers in, or keeps everybody waiting. */
export interface Front {
  readonly port: number;
  /** Addresses of the callers so far. */
  readonly callers: (string | undefined)[];
  /** Bodies that went by so far, requests and answers. */
  readonly bodies: string[];
  /** From now on nothing that is asked is answered; resolves when something was asked. */
  freeze(): Promise<void>;
  close(): Promise<void>;
}

/**
 * @param target the sandbox's URL.
 * @param tls certificate and key: speak https; else plain http.
 * @param only the one address that may come in; the door is shut to all others.
 */
export async function startFront(
  target: string,
  { tls, only }: { tls?: { key: string; cert: string }; only?: string } = {},
): Promise<Front> {
  const callers: (string | undefined)[] = [];
  const bodies: string[] = [];
  const keep = (stream: IncomingMessage) => {
    let body = '';
    stream.on('data', (chunk: Buffer) => {
      body += chunk;
    });
    stream.once('end', () => bodies.push(body));
  };
  let frozen: (() => void) | undefined;
  const passOn = (req: IncomingMessage, res: ServerResponse) => {
    if (frozen) return frozen();
    const { host } = new URL(target);
    const onward = request(target + req.url, {
      method: req.method,
      headers: { ...req.headers, host },
      agent: false,
    });
    onward.once('response', (answer) => {
      keep(answer);
      res.writeHead(answer.statusCode ?? 502, answer.headers);
      pipeline(answer, res, () => undefined);
    });
    onward.once('error', () => res.destroy());
    keep(req);
    req.pipe(onward);
  };
  const server = tls ? createTlsServer(tls, passOn) : createServer(passOn);
  server.on('connection', (socket: Socket) => {
    callers.push(socket.remoteAddress);
    if (only !== undefined && socket.remoteAddress !== only) socket.destroy();
  });
  server.listen(0, '0.0.0.0');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    callers,
    bodies,
    freeze() {
      return new Promise((resolve) => {
        frozen = resolve;
      });
    },
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
