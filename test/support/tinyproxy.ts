import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from './free-port.ts';
import { follow } from './program.ts';
import { until } from './until.ts';

/** The address that a tinyproxy of ours calls from: a request from it came through the proxy. */
export const proxyAddress = '127.0.0.5';

/** A forward proxy as companies have them. */
export interface ForwardProxy {
  readonly url: string;
  /** The hosts it was asked to connect to, `host:port`. */
  connects(): Promise<string[]>;
  close(): Promise<void>;
}

/** Starts tinyproxy; it tunnels to `allowedPort` only. */
export async function startTinyproxy(executable: string, allowedPort: number): Promise<ForwardProxy> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tinyproxy-'));
  const port = await freePort();
  const log = path.join(folder, 'log');
  const config = [
    `Port ${port}`,
    'Listen 127.0.0.1',
    'Allow 127.0.0.1',
    `Bind ${proxyAddress}`,
    `ConnectPort ${allowedPort}`,
    `LogFile "${log}"`,
    'LogLevel Connect',
    'Timeout 60',
    'MaxClients 20',
  ];
  await writeFile(path.join(folder, 'conf'), `${config.join('\n')}\n`);
  const running = follow(
    spawn(executable, ['-d', '-c', path.join(folder, 'conf')], { stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  await until(
    async () => {
      if (running.child.exitCode !== null) throw new Error(`tinyproxy ended: ${running.stderr}`);
      return accepts(port);
    },
    { everyMs: 20 },
  );
  return {
    url: `http://127.0.0.1:${port}`,
    async connects() {
      const text = await readFile(log, 'utf8');
      return [...text.matchAll(/CONNECT (\S+) HTTP/g)].map(([, target = '']) => target);
    },
    async close() {
      running.child.kill('SIGKILL');
      await running.ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      resolve(true);
      socket.destroy();
    }).on('error', () => resolve(false));
  });
}
