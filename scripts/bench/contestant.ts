import type { ChildProcess } from 'node:child_process';
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';

/** An app to measure. It reads what it needs from its environment, and listens on `PORT` of 127.0.0.1. */
export interface Contestant {
  readonly name: string;
  /** Its entry file, compiled. */
  readonly entry: string;
  readonly env: Readonly<Record<string, string>>;
  /** Loaded into its process before it. */
  readonly preload?: readonly string[];
  readonly loginPath: string;
  /** Answers with the member's e-mail address. */
  readonly memberPath: string;
}

/** CPU time of all threads so far in milliseconds, and memory now. */
export interface ResourceUsage {
  readonly cpuMs: number;
  readonly rssMiB: number;
}

export interface RunningContestant extends Contestant {
  readonly connections: Pool;
  /** Milliseconds from its start to its first page. */
  readonly coldStartMs: number;
  usage(): Promise<ResourceUsage>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../..', import.meta.url));

/** Where a file of this project is. */
export function fileOfProject(name: string): string {
  return path.join(root, name);
}

/** Starts it in `folder`, where its log goes too, and waits for its first page. Throws `Error` with what it said. */
export async function startContestant(contestant: Contestant, folder: string): Promise<RunningContestant> {
  const port = await freePort();
  const startedAt = performance.now();
  const child = fork(fileOfProject(contestant.entry), [], {
    cwd: folder,
    env: { NODE_ENV: 'production', PORT: String(port), ...contestant.env },
    execArgv: ['test/bench/probe.mjs', ...(contestant.preload ?? [])].flatMap((file) => [
      '--import',
      fileOfProject(file),
    ]),
    stdio: ['ignore', openSync(path.join(folder, 'log'), 'a'), 'pipe', 'ipc'],
  });
  let said = '';
  child.stderr?.on('data', (chunk) => {
    said = `${said}${chunk}`.slice(-2000);
  });
  const connections = new Pool(`http://127.0.0.1:${port}`, { pipelining: 1 });
  while (!(await answers(connections))) {
    if (child.exitCode !== null) throw new Error(`${contestant.name} did not start: ${said}`);
    if (performance.now() - startedAt > 30_000) throw new Error(`${contestant.name} takes too long to start.`);
    await sleep(2);
  }
  return {
    ...contestant,
    connections,
    coldStartMs: performance.now() - startedAt,
    async usage() {
      child.send('usage');
      const [usage] = await once(child, 'message');
      return usage as ResourceUsage;
    },
    async stop() {
      await connections.destroy();
      await end(child);
    },
  };
}

async function answers(connections: Pool): Promise<boolean> {
  try {
    const { statusCode, body } = await connections.request({
      path: '/',
      method: 'GET',
      headers: { accept: 'text/html', 'x-forwarded-proto': 'https' },
    });
    await body.dump();
    return statusCode === 200;
  } catch {
    return false;
  }
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
