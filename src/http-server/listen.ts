/** Opens the port, and says in plain words why it cannot be opened. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, Server } from 'node:net';

/** Why the app cannot listen: `code` is Node's, e.g. `EADDRINUSE`; the message says what to do. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  /** For a program that ends because of it. */
  readonly exitCode = 2;
  readonly code: string;

  constructor(code: string, message: string, cause: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const doors = new WeakMap<Server, Server[]>();

/**
 * Listens on `port` (0 picks one) of every address in `hosts`, or of all addresses when there are none. An http or
 * https server can hold one address only, so further ones get a door of their own that passes connections on;
 * `localhost` thereby answers on IPv4 and IPv6, whichever the browser tries. One of several addresses may be
 * missing on this machine (no IPv6), none may be taken.
 *
 * Resolves to the port. Throws `ListenError`; nothing is left open then.
 */
export async function listen(
  server: Server,
  { port, hosts }: { port: number; hosts?: readonly string[] | undefined },
): Promise<number> {
  const opened: Server[] = [];
  const missing: ListenError[] = [];
  for (const host of hosts ?? [undefined]) {
    const door = opened.length === 0 ? server : createServer((socket) => server.emit('connection', socket));
    const wantedPort = opened[0] ? portOf(opened[0]) : port;
    try {
      await open(door, wantedPort, host);
      opened.push(door);
    } catch (cause) {
      const problem = explain(cause, wantedPort, host);
      missing.push(problem);
      if (hosts && hosts.length > 1 && isMissingAddress(problem.code)) continue;
      await Promise.all(opened.map(close));
      throw problem;
    }
  }
  const [first] = opened;
  if (!first) throw missing[0] ?? new TypeError('listen: hosts must not be empty');
  doors.set(server, opened);
  return portOf(first);
}

/**
 * Takes no more connections on any address; open ones go on, idle ones too. Resolves when the last of them has ended.
 */
export async function stopListening(server: Server): Promise<void> {
  await Promise.all((doors.get(server) ?? [server]).map(close));
}

async function open(door: Server, port: number, host: string | undefined): Promise<void> {
  door.listen({ port, ...(host === undefined ? {} : { host }) });
  await once(door, 'listening');
}

function close(door: Server): Promise<void> {
  // An http server's own close() cuts its idle connections at once, also those on which a request is on its way.
  return new Promise((resolve) => Server.prototype.close.call(door, () => resolve()));
}

function portOf(door: Server): number {
  return (door.address() as AddressInfo).port;
}

function isMissingAddress(code: string): boolean {
  return code === 'EADDRNOTAVAIL' || code === 'EAFNOSUPPORT';
}

function explain(cause: unknown, port: number, host: string | undefined): ListenError {
  const code = (cause as NodeJS.ErrnoException).code ?? 'UNKNOWN';
  const on = host === undefined ? '' : ` on ${host}`;
  return new ListenError(
    code,
    sentences[code]?.(port, host ?? '', on) ?? `Port ${port}${on} cannot be opened (${code}).`,
    cause,
  );
}

const unresolved = (_port: number, host: string) =>
  `HOST=${host} is a name that nobody here knows. Add it to the hosts file (/etc/hosts, on Windows C:\\Windows\\System32\\drivers\\etc\\hosts) as "127.0.0.1 ${host}", or give an address: HOST=127.0.0.1 for this machine alone, HOST=0.0.0.0 for all.`;

const notHere = (_port: number, host: string) =>
  `HOST=${host} is not an address of this machine. Use one that is: HOST=127.0.0.1 for this machine alone, HOST=0.0.0.0 for all.`;

const sentences: Record<string, (port: number, host: string, on: string) => string> = {
  EADDRINUSE: (port, _host, on) =>
    `Port ${port}${on} is taken by another program, or by another copy of this one. Stop that program, or choose another port: set PORT, e.g. PORT=${port < 65535 ? port + 1 : 3000}. When LD_OAUTH_REDIRECT_URI names the port, change it there too and run \`npm run bootstrap\`.`,
  EACCES: (port, _host, on) =>
    `Port ${port}${on} may not be opened by this user. Choose one above 1023: set PORT, e.g. PORT=3000, and let a proxy or a port mapping serve port ${port}.`,
  EADDRNOTAVAIL: notHere,
  EAFNOSUPPORT: notHere,
  ENOTFOUND: unresolved,
  EAI_AGAIN: unresolved,
};
