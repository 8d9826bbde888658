/** Browsers that are given `localhost:3000` ask by plain http. A TLS server would only hang up. */
import { createServer } from 'node:http';
import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** The first byte of every TLS connection: a handshake record (RFC 8446, section 5.1). */
const handshake = 0x16;
/** Milliseconds until the first byte, as long as Node gives a TLS handshake. */
const patience = 120_000;

/**
 * Answers plain http on the port of an https server with a redirect to `origin`, path and query kept.
 * @param origin such as `https://localhost:3000`.
 * @param report called for the first such request only.
 */
export function redirectPlainHttp(server: Server, { origin, report }: { origin: string; report: () => void }): void {
  const startTls = server.listeners('connection') as ((socket: Socket) => void)[];
  let reported = false;
  const plain = createServer((req, res) => {
    if (!reported) report();
    reported = true;
    const location = origin + (req.url?.startsWith('/') ? req.url : '/');
    res.writeHead(308, { Location: location, Connection: 'close', 'Cache-Control': 'no-store' });
    res.end(`This port speaks https only: ${origin}\n`);
  });
  server.removeAllListeners('connection').on('connection', (socket: Socket) => {
    const hangUp = () => socket.destroy();
    socket.setTimeout(patience, hangUp).on('error', hangUp);
    socket.once('data', (first) => {
      socket.pause().setTimeout(0, hangUp);
      socket.removeListener('timeout', hangUp).removeListener('error', hangUp).unshift(first);
      if (first[0] === handshake) {
        for (const start of startTls) start.call(server, socket);
      } else {
        plain.emit('connection', socket);
        process.nextTick(() => socket.resume());
      }
    });
  });
}
