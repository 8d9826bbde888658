import type { Server } from 'node:http';
import type { Duplex } from 'node:stream';

const statuses: Record<string, string> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: '413 Payload Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

const headersTooLarge =
  "This request is too large: the browser sends more than 16 KB of cookies and address together. Clear this site's cookies, or open a shorter address, then try again.\n";

/** Milliseconds a client may take to read the answer and hang up. */
const patience = 2_000;

/**
 * Answers requests that Node's HTTP parser refuses, which never reach the app, as Node does; a 431 explains itself.
 * @param onTls called the first time that somebody speaks TLS to this port.
 */
export function answerClientErrors(server: Server, { onTls }: { onTls?: () => void } = {}): void {
  let reportTls = onTls;
  server.on('clientError', (error: NodeJS.ErrnoException & { rawPacket?: Buffer }, socket: Duplex) => {
    if (error.rawPacket?.[0] === 0x16) {
      reportTls?.();
      reportTls = undefined;
    }
    if (socket.writableEnded) return;
    if (!socket.writable || error.code === 'ECONNRESET') {
      socket.destroy();
      return;
    }
    const status = statuses[error.code ?? ''] ?? '400 Bad Request';
    const body = error.code === 'HPE_HEADER_OVERFLOW' ? headersTooLarge : '';
    socket.end(
      [
        `HTTP/1.1 ${status}`,
        'Connection: close',
        'Cache-Control: no-store',
        "Content-Security-Policy: default-src 'none'",
        'Content-Type: text/plain; charset=utf-8',
        'X-Content-Type-Options: nosniff',
        `Content-Length: ${Buffer.byteLength(body)}`,
        '',
        body,
      ].join('\r\n'),
    );
    // A socket that is closed with bytes unread resets the connection, and the client may lose the answer.
    setTimeout(() => socket.destroy(), patience).unref();
  });
}
