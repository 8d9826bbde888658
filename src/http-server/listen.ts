/** Opens the port on one or several addresses. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer, Server } from 'node:net';
import { type ListenError, listenError } from './listen-error.ts';

const listenersOf = new WeakMap<Server, Server[]>();

/**
 * Listens on `port` (0 picks one) of every address in `hosts`, or of all addresses when there are none. An http or
 * https server can hold one address only, so further ones get a listener of their own that passes connections on. So
 * `localhost` answers on IPv4 and IPv6, whichever the browser tries. One of several addresses may be missing on this
 * machine (no IPv6), none may be taken.
 *
 * Resolves to the port. Throws `ListenError`; nothing is left open then.
 */
export async function listen(
  server: Server,
  { port, hosts, hostFrom }: { port: number; hosts?: readonly string[] | undefined; hostFrom?: string | undefined },
): Promise<number> {
  const opened: Server[] = [];
  let missing: ListenError | undefined;
  for (const host of hosts ?? [undefined]) {
    const listener = opened.length === 0 ? server : createServer((socket) => server.emit('connection', socket));
    const wantedPort = opened[0] ? portOf(opened[0]) : port;
    try {
      await open(listener, wantedPort, host);
      opened.push(listener);
    } catch (cause) {
      const problem = await listenError(cause, { port: wantedPort, host, hostFrom });
      missing ??= problem;
      if (/^(EADDRNOTAVAIL|EAFNOSUPPORT)$/.test(problem.code)) continue;
      await Promise.all(opened.map(close));
      throw problem;
    }
  }
  const [first] = opened;
  if (!first) throw missing ?? new TypeError('listen: hosts must not be empty');
  listenersOf.set(server, opened);
  return portOf(first);
}

/**
 * Takes no more connections on any address; open ones go on, idle ones too. Resolves when the last of them has ended.
 */
export async function stopListening(server: Server): Promise<void> {
  await Promise.all((listenersOf.get(server) ?? [server]).map(close));
}

async function open(listener: Server, port: number, host: string | undefined): Promise<void> {
  listener.listen({ port, ...(host === undefined ? {} : { host }) });
  await once(listener, 'listening');
}

function close(listener: Server): Promise<void> {
  // An http server's own close() cuts its idle connections at once, also those on which a request is on its way.
  return new Promise((resolve) => Server.prototype.close.call(listener, () => resolve()));
}

function portOf(listener: Server): number {
  return (listener.address() as AddressInfo).port;
}
