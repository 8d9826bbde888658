import { once } from 'node:events';
import { createServer, type RequestListener, type ServerOptions } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A server on this machine that speaks plain http. */
export interface LocalServer {
  readonly url: string;
  close(): void;
}

/** Serves an app to programs on this machine, at a free port of the loopback address. */
export async function serveHere(
  app: { handler: RequestListener; messages: ServerOptions },
  whenClosed?: () => unknown,
): Promise<LocalServer> {
  const server = createServer(app.messages, app.handler).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const close = () => void server.close(() => whenClosed?.());
  return { url: `http://127.0.0.1:${port}`, close };
}
