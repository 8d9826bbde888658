import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registerApiTokens } from './api-tokens.ts';
import { DEFAULT_SEED } from './default-seed.ts';
import { isLoopbackAddress, onlyLoopbackHosts } from './http/loopback-host.ts';
import { restore } from './persistence.ts';
import { createSandboxApp } from './sandbox-app.ts';
import { createStore } from './store.ts';

export interface SandboxOptions {
  /** Default 4000; 0 picks a free one. */
  port?: number;
  /** The address to listen on; default 127.0.0.1. */
  host?: string;
  /** The API access token of an Admin; made up when left out. */
  adminToken?: string;
  /** The API access token of a Reader, whom the clients API answers with 403; made up when left out. */
  readerToken?: string;
  /** Where to keep clients and tokens over restarts; without it they live in memory. */
  dataDir?: string;
  /** Answer an authorization request that carries a `login_hint` at once, without any page. */
  autoApprove?: boolean;
}

export interface Sandbox {
  /** `http://127.0.0.1:PORT`, without a trailing slash: an app's `LD_BASE_URI`. */
  url: string;
  adminToken: string;
  readerToken: string;
  /** Stops listening, drops open connections, and resolves when everything is saved. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in LaunchDarkly. Rejects with code `EADDRINUSE` when the port is taken, and with an `Error` for people
 * when the data directory holds something else.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 4000, host = '127.0.0.1', autoApprove = false } = options;
  const store = createStore(DEFAULT_SEED, { autoApprove });
  const persistence = options.dataDir === undefined ? undefined : await restore(store, options.dataDir);
  const apiTokens = registerApiTokens(store, { ...persistence?.apiTokens, ...givenTokens(options) });
  await persistence?.keep(apiTokens);
  const guard = isLoopbackAddress(host) ? [onlyLoopbackHosts] : [];
  const server = await listen(createServer(createSandboxApp(store, { guard })), port, host);
  return {
    url: urlOf(server),
    adminToken: apiTokens.admin,
    readerToken: apiTokens.reader,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await store.saved();
    },
  };
}

function givenTokens({ adminToken, readerToken }: SandboxOptions) {
  return {
    ...(adminToken === undefined ? {} : { admin: adminToken }),
    ...(readerToken === undefined ? {} : { reader: readerToken }),
  };
}

async function listen(server: Server, port: number, host: string): Promise<Server> {
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server): string {
  const address = server.address() as AddressInfo;
  const local = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(address.address)
    ? '127.0.0.1'
    : address.address;
  return `http://${local}:${address.port}`;
}
