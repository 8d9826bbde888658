import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { listenError } from '../../src/http-server/listen-error.ts';
import { portOwner } from '../../src/http-server/port-owner.ts';
import { UsageError } from '../support/usage.ts';
import { runningDemo } from './files.ts';

/** Throws `UsageError` or `ListenError` when the app cannot have its port: before anything is made. */
export async function checkAppPort(port: number): Promise<void> {
  for (const host of ['127.0.0.1', '::1']) {
    try {
      await listenOnce(port, host);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EADDRINUSE') throw await taken(port, host);
      if (host === '127.0.0.1') throw await listenError(error, { port, host }); // IPv6 may be switched off
    }
  }
}

/** `port`, or a free one when it cannot be had. */
export async function freeSandboxPort(port: number): Promise<number> {
  return listenOnce(port, '127.0.0.1').catch(() => listenOnce(0, '127.0.0.1'));
}

async function listenOnce(port: number, host: string): Promise<number> {
  const server = createServer().listen(port, host);
  await once(server, 'listening');
  const opened = (server.address() as AddressInfo).port;
  await new Promise((resolve) => server.close(resolve));
  return opened;
}

async function taken(port: number, host: string): Promise<UsageError> {
  const demo = await runningDemo();
  const another = `npm run demo -- --port ${port < 65_535 ? port + 1 : 3000}`;
  if (demo?.appPort === port) {
    return new UsageError(
      `The demo is already running (process ${demo.pid}): the app at ${demo.app}, the sandbox at ${demo.sandbox}.\n` +
        `Ctrl-C in its terminal ends it. For a second one: ${another}`,
    );
  }
  return new UsageError(
    `Port ${port} is taken by ${await portOwner(port, host)}. Stop that program, or choose another port: ${another}`,
  );
}
