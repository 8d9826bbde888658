import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createConnection, createServer } from 'node:net';
import { createClient } from '@redis/client';
import { until } from './until.ts';

/** A Redis of the test's own: nothing is kept, nobody else uses it. */
export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** Sends a command with a client of its own; resolves to the reply. */
  command(...words: string[]): Promise<unknown>;
  isRunning(): boolean;
  /** Freezes it: connections stay, answers do not come. */
  freeze(): void;
  thaw(): void;
  /** Ends it as `kill -9` does. */
  kill(): Promise<void>;
  /** Starts it again, empty, on the same port, if it does not run. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

/** A running Redis or Valkey; undefined, with one line that says so, where none is installed. */
export async function redisServer(...options: string[]): Promise<RedisServer | undefined> {
  const port = await freePort();
  let server: ChildProcess | undefined;
  const runs = () => server !== undefined && server.exitCode === null && server.signalCode === null;
  const kill = async () => {
    if (!runs()) return;
    server?.kill('SIGKILL');
    await once(server as ChildProcess, 'exit');
  };
  const start = async () => {
    if (!runs()) server = await startOn(port, options);
  };
  try {
    await start();
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ENOENT') throw error;
    process.stderr.write('Skipped: sessions in Redis. To test them, install redis-server or valkey-server.\n');
    return undefined;
  }
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    isRunning: runs,
    command: (...words) => sendTo(port, words),
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
    kill,
    start,
    stop: kill,
  };
}

async function startOn(port: number, more: string[]): Promise<ChildProcess> {
  const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', ...more];
  const server = await spawned('redis-server', options).catch(() => spawned('valkey-server', options));
  await until(() => answers(port));
  return server;
}

/** Sends one command to a Redis on this machine, with a client of its own. */
export async function sendTo(port: number, words: string[]): Promise<unknown> {
  const client = createClient({ socket: { host: '127.0.0.1', port } });
  client.on('error', () => {});
  await client.connect();
  try {
    return await client.sendCommand(words);
  } finally {
    client.destroy();
  }
}

async function spawned(command: string, options: string[]): Promise<ChildProcess> {
  const child = spawn(command, options, { stdio: 'ignore' });
  await once(child, 'spawn');
  return child;
}

async function answers(port: number): Promise<boolean> {
  const socket = createConnection(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
