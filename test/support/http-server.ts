import { once } from 'node:events';
import type { Server as HttpServer, IncomingHttpHeaders, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { createServer as createSocketServer } from 'node:net';

/** A request as a server on the other end of the line saw it. */
export interface ReceivedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

export interface TestServer {
  /** Origin, without a trailing slash. */
  readonly url: string;
  readonly port: number;
  /** Connections so far. */
  readonly connections: () => number;
  /** The most connections that were open at the same time. */
  readonly peakConnections: () => number;
  close(): Promise<void>;
}

export interface HttpTestServer extends TestServer {
  /** What came in so far, oldest first. */
  readonly requests: ReceivedRequest[];
}

export type Answer = (request: ReceivedRequest, response: ServerResponse) => unknown;

/** A real HTTP server on 127.0.0.1; with a certificate it speaks https and calls itself localhost. */
export async function startHttpServer(answer: Answer, tls?: { key: string; cert: string }): Promise<HttpTestServer> {
  const requests: ReceivedRequest[] = [];
  const server: HttpServer = tls ? createTlsServer(tls) : createServer();
  server.on('request', async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const { method = '', url: path = '', headers } = request;
    const received = { method, path, headers, body: Buffer.concat(chunks).toString() };
    requests.push(received);
    await answer(received, response);
  });
  const listening = await listen(server);
  return { ...listening, requests, url: tls ? `https://localhost:${listening.port}` : listening.url };
}

/** A server that does what no HTTP server should: `converse` gets the bare socket. */
export async function startSocketServer(converse: (socket: Socket) => void): Promise<TestServer> {
  return listen(createSocketServer(converse));
}

/** A port on which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = await startSocketServer(() => {});
  await server.close();
  return server.port;
}

/** Answers with a status and JSON. */
export function json(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function listen(server: Server): Promise<TestServer> {
  const sockets = new Set<Socket>();
  let connections = 0;
  let peak = 0;
  server.on('connection', (socket: Socket) => {
    connections++;
    sockets.add(socket);
    peak = Math.max(peak, sockets.size);
    // Clients that vanish are part of the game.
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    connections: () => connections,
    peakConnections: () => peak,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
