import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createConnection, createServer } from 'node:net';

/** Stands between one program and a Redis, and counts what the program waits for. */
export interface RedisTap {
  readonly port: number;
  /** How often something was sent after the reply to what was sent before: commands sent together count once. */
  readonly roundTrips: () => number;
  close(): Promise<void>;
}

const ping = '*1\r\n$4\r\nPING\r\n';

/** @param port of the Redis on this machine. Regular pings are not counted. */
export async function tapRedis(port: number): Promise<RedisTap> {
  let roundTrips = 0;
  const sockets = new Set<Socket>();
  const server = createServer((client) => {
    const redis = createConnection(port, '127.0.0.1');
    let waiting = false;
    client.on('data', (sent) => {
      if (!waiting && sent.toString('latin1') !== ping) {
        roundTrips++;
        waiting = true;
      }
      redis.write(sent);
    });
    redis.on('data', (reply) => {
      waiting = false;
      client.write(reply);
    });
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ] as const) {
      sockets.add(socket);
      socket.setNoDelay();
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    roundTrips: () => roundTrips,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
