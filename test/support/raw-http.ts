import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/** An answer as it came over the wire. */
export interface RawAnswer {
  readonly status: number;
  /** Status line and headers, as sent. */
  readonly head: string;
  readonly body: string;
}

/** A connection that sends whatever it is given, byte for byte, also what no HTTP library would. */
export interface RawConnection {
  /** `target` and `headers` go out as latin1: one character, one byte. Rejects when the server hangs up. */
  request(target: string, headers?: readonly string[], method?: string): Promise<RawAnswer>;
  close(): void;
}

/** Connects to plain http on 127.0.0.1. A server that closes after an answer is connected to again. */
export function connectRaw(port: number): RawConnection {
  let socket: Socket | undefined;

  return {
    async request(target, headers = ['Host: localhost', 'Accept: text/html'], method = 'GET') {
      socket ??= await open(port);
      const lines = [`${method} ${target} HTTP/1.1`, ...headers, '', ''];
      const answer = readAnswer(socket);
      socket.write(lines.join('\r\n'), 'latin1');
      const { keepAlive, ...rest } = await answer;
      if (!keepAlive) {
        socket.destroy();
        socket = undefined;
      }
      return rest;
    },
    close() {
      socket?.destroy();
    },
  };
}

async function open(port: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1');
  await once(socket, 'connect');
  // A write to a server that has hung up: its answer, or the missing one, is what counts.
  socket.on('error', () => {});
  return socket;
}

function readAnswer(socket: Socket): Promise<RawAnswer & { keepAlive: boolean }> {
  return new Promise((resolve, reject) => {
    let received = '';
    const onData = (chunk: Buffer) => {
      received = (received + chunk.toString('latin1')).replace(interim, '');
      const end = bodyEnd(received);
      if (end !== undefined && received.length >= end) finish(true);
    };
    const onClose = () => (received ? finish(false) : reject(new Error('The server hung up.')));
    const finish = (open: boolean) => {
      socket.off('data', onData).off('close', onClose);
      const headEnd = received.indexOf('\r\n\r\n');
      const head = received.slice(0, headEnd);
      const keepAlive = open && !/^connection: close/im.test(head);
      resolve({ status: Number(head.slice(9, 12)), head, body: received.slice(headEnd + 4), keepAlive });
    };
    socket.on('data', onData).on('close', onClose);
  });
}

/** `100 Continue` and its kind precede the answer. */
const interim = /^HTTP\/1\.1 1\d\d [\s\S]*?\r\n\r\n/;

/** Where an answer with a known length ends; undefined while that is unknown, or the connection's end is the answer's. */
function bodyEnd(received: string): number | undefined {
  const headEnd = received.indexOf('\r\n\r\n');
  if (headEnd < 0) return undefined;
  const head = received.slice(0, headEnd);
  if (/^HTTP\/1\.1 (204|304)/.test(head)) return headEnd + 4;
  const length = /^content-length: (\d+)/im.exec(head)?.[1];
  return length === undefined ? undefined : headEnd + 4 + Number(length);
}
