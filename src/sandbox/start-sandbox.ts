import { once } from 'node:events';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { registerApiTokens } from './api-tokens.ts';
import { DEFAULT_SEED } from './default-seed.ts';
import { isLoopbackAddress, onlyLoopbackHosts } from './http/loopback-host.ts';
import type { SandboxControls } from './in-process-api.ts';
import { createControls } from './in-process-api.ts';
import { restore } from './persistence.ts';
import { createSandboxApp } from './sandbox-app.ts';
import { SandboxError } from './sandbox-error.ts';
import type { Seed } from './seed.ts';
import type { SandboxStore } from './store.ts';
import { createStore } from './store.ts';
import { checkSwitches } from './switch-values.ts';
import type { Switches } from './switches.ts';

export type { Fault } from './faults/fault-menu.ts';
export type { LedgerEntry } from './ledger/ledger.ts';
export type { MemberChanges, Persona } from './personas.ts';
export { SandboxError } from './sandbox-error.ts';
export type { SandboxState } from './state.ts';
export type { Switches } from './switches.ts';

/** How to start a sandbox. Everything may be left out. */
export interface SandboxOptions {
  /** Default 4000; 0 picks a free one. */
  port?: number;
  /** The address to listen on; default 127.0.0.1. */
  host?: string;
  /** The API access token of an Admin; made up when left out. */
  adminToken?: string;
  /** The API access token of a Reader, whom the clients API answers with 403; made up when left out. */
  readerToken?: string;
  /** Where to keep clients, tokens, personas and the clock over restarts; without it they live in memory. */
  dataDir?: string;
  /** Answer an authorization request that carries a `login_hint` at once, without any page. */
  autoApprove?: boolean;
  /** A JSON file with accounts and members of your own. */
  seedFile?: string;
  /** How this LaunchDarkly behaves where the default is the stricter way. */
  switches?: Partial<Switches>;
}

/** A sandbox that listens, with its controls. */
export interface Sandbox extends SandboxControls {
  /** `http://127.0.0.1:PORT`, without a trailing slash: an app's `LD_BASE_URI`. */
  url: string;
  /** API access tokens of the first account: an Admin's, a Reader's, and one that belongs to no member. */
  adminToken: string;
  readerToken: string;
  serviceToken: string;
  /** Stops listening, drops open connections, and resolves when everything is saved. */
  close(): Promise<void>;
}

/**
 * Starts a stand-in LaunchDarkly. Rejects with code `EADDRINUSE` when the port is taken, and with `SandboxError`, whose
 * message is for people, when an option, the seed file or the data directory cannot be used.
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { port = 4000, host = '127.0.0.1' } = options;
  const store = await openStore(options);
  const persistence = options.dataDir === undefined ? undefined : await restore(store, options.dataDir);
  const apiTokens = registerApiTokens(store, { ...persistence?.apiTokens, ...givenTokens(options) });
  const guard = isLoopbackAddress(host) ? [onlyLoopbackHosts] : [];
  const server = await listen(createServer(createSandboxApp(store, { guard })), port, host);
  await persistence?.keep(apiTokens);
  return {
    url: urlOf(server),
    adminToken: apiTokens.admin,
    readerToken: apiTokens.reader,
    serviceToken: apiTokens.service,
    ...createControls(store),
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await store.saved();
    },
  };
}

async function openStore({
  seedFile,
  autoApprove = false,
  switches = {},
}: SandboxOptions): Promise<SandboxStore> {
  const seed = seedFile === undefined ? DEFAULT_SEED : await seedFrom(seedFile);
  return createStore(seed, { autoApprove, switches: checkSwitches(switches) });
}

/** Its schema library is loaded by those alone who bring a seed file. */
async function seedFrom(file: string): Promise<Seed> {
  const { readSeedFile } = await import('./seed-file.ts');
  return readSeedFile(file);
}

function givenTokens({ adminToken, readerToken }: SandboxOptions) {
  if (adminToken !== undefined && adminToken === readerToken) {
    throw new SandboxError('The Admin and the Reader cannot have the same API access token.');
  }
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
  const { address, port } = server.address() as AddressInfo;
  const host = ['0.0.0.0', '::'].includes(address)
    ? '127.0.0.1'
    : address.includes(':')
      ? `[${address}]`
      : address;
  return `http://${host}:${port}`;
}
