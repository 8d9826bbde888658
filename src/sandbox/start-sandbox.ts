import { once } from 'node:events';
import type { RequestListener, Server } from 'node:http';
import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { registerApiTokens } from './api-tokens.ts';
import { DEFAULT_SEED } from './default-seed.ts';
import { firstHeader } from './http/headers.ts';
import { isLoopbackAddress, onlyLoopbackHosts } from './http/loopback-host.ts';
import type { SandboxControls } from './in-process-api.ts';
import { createControls } from './in-process-api.ts';
import { restore } from './persistence.ts';
import { redirectUriProblem } from './rest/redirect-uri-rule.ts';
import { createSandboxApp } from './sandbox-app.ts';
import { SandboxError } from './sandbox-error.ts';
import type { Seed } from './seed.ts';
import type { SandboxStore } from './store.ts';
import { createStore } from './store.ts';
import { checkSwitches } from './switch-values.ts';
import type { Switches } from './switches.ts';
import type { Tenants } from './tenants.ts';
import { createTenants } from './tenants.ts';

export type { Fault } from './faults/fault-menu.ts';
export type { LedgerEntry, LedgerFilter } from './ledger/ledger.ts';
export type { MemberChanges, Persona } from './personas.ts';
export { SandboxError } from './sandbox-error.ts';
export type { Seed } from './seed.ts';
export type { SandboxState } from './state.ts';
export type { Switches } from './switches.ts';

/** How to start a sandbox. Everything may be left out. */
export interface SandboxOptions {
  /** Default 4000; 0 picks a free one. */
  port?: number | undefined;
  /** The address to listen on; default 127.0.0.1. */
  host?: string | undefined;
  /** The API access token of an Admin; made up when left out. */
  adminToken?: string | undefined;
  /** The API access token of a Reader, whom the clients API answers with 403; made up when left out. */
  readerToken?: string | undefined;
  /** Where to keep clients, tokens, personas and the clock over restarts; without it they live in memory. */
  dataDir?: string | undefined;
  /** Answer an authorization request that carries a `login_hint` at once, without any page. */
  autoApprove?: boolean | undefined;
  /** A JSON file with accounts, members and clients of your own. */
  seedFile?: string | undefined;
  /** The same as an object. */
  seed?: Seed | undefined;
  /**
   * The URL under which browsers and apps reach the sandbox, `https://launchdarkly.test` for example, where it differs from
   * what requests say: behind a proxy or under a name.
   */
  publicUrl?: string | undefined;
  /** Listen with https: key and certificate as PEM. One text may hold both. */
  tls?: { key: string; cert: string } | undefined;
  /** How this LaunchDarkly behaves where the default is the stricter way. */
  switches?: Partial<Switches> | undefined;
}

/** A sandbox that listens, with its controls. */
export interface Sandbox extends SandboxControls {
  /** `http://127.0.0.1:PORT`, or `https://` with `tls`, without a trailing slash: an app's `LD_BASE_URI`. */
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
  const { host, autoApprove, tls } = options;
  const tenants = createTenants((own) => startOne({ host, autoApprove, tls, ...own, port: 0 }));
  const { listener: _, close, ...sandbox } = await startOne(options, tenants);
  return {
    ...sandbox,
    async close() {
      await Promise.all([close(), tenants.close()]);
    },
  };
}

/** One sandbox on one port; with tenants beside it when they are given. */
async function startOne(
  options: SandboxOptions,
  tenants?: Tenants,
): Promise<Sandbox & { listener: RequestListener }> {
  const { port = 4000, host = '127.0.0.1' } = options;
  const store = await openStore(options);
  const publicUrl = options.publicUrl === undefined ? undefined : readPublicUrl(options.publicUrl);
  const persistence = options.dataDir === undefined ? undefined : await restore(store, options.dataDir);
  const apiTokens = registerApiTokens(store, { ...persistence?.apiTokens, ...givenTokens(options) });
  const guard = isLoopbackAddress(host) ? [onlyLoopbackHosts] : [];
  const listener: RequestListener = createSandboxApp(store, { guard, publicUrl, tenants });
  const answer = tenants ? byTenant(listener, tenants) : listener;
  const server = await listen(createServer(options.tls, answer), port, host);
  await persistence?.keep(apiTokens);
  return {
    url: publicUrl ?? urlOf(server, options.tls ? 'https' : 'http'),
    adminToken: apiTokens.admin,
    readerToken: apiTokens.reader,
    serviceToken: apiTokens.service,
    ...createControls(store),
    listener,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
      await store.saved();
    },
  };
}

/** Hands a request with the header `Sandbox-Tenant` to that tenant. */
function byTenant(own: RequestListener, tenants: Tenants): RequestListener {
  return (req, res) => {
    const id = firstHeader(req, 'sandbox-tenant');
    const listener = id === undefined ? own : tenants.listener(id);
    if (listener) return listener(req, res);
    res.writeHead(404, { 'Content-Type': 'application/json' });
    res.end(JSON.stringify({ error: 'invalid_request', message: `There is no tenant "${id}".` }));
  };
}

/** An origin without a trailing slash. Throws `SandboxError`. */
function readPublicUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isOrigin = url && /^https?:$/.test(url.protocol) && [url.origin, `${url.origin}/`].includes(text);
  if (isOrigin) return url.origin;
  throw new SandboxError(
    `The public URL ${text} must be an http or https URL without a path, in lower case: http://launchdarkly.localhost:4000`,
  );
}

async function openStore(options: SandboxOptions): Promise<SandboxStore> {
  const { autoApprove = false, switches = {} } = options;
  const store = createStore(await seedFrom(options), { autoApprove, switches: checkSwitches(switches) });
  for (const { name, redirectUri } of store.clients.values()) {
    const problem = redirectUriProblem(store.switches, redirectUri);
    if (problem)
      throw new SandboxError(`The redirect URI of the seed's client "${name}" ${problem}: ${redirectUri}`);
  }
  return store;
}

/** Its schema library is loaded only for those who bring a seed. */
async function seedFrom({ seed, seedFile }: SandboxOptions): Promise<Seed> {
  if (seed === undefined && seedFile === undefined) return DEFAULT_SEED;
  const { checkSeed, readSeedFile } = await import('./seed-file.ts');
  return seedFile === undefined ? checkSeed(seed) : readSeedFile(seedFile);
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

/** Throws `SandboxError` when key and certificate cannot be used. */
function createServer(tls: SandboxOptions['tls'], answer: RequestListener): Server {
  if (!tls) return http.createServer(answer);
  try {
    return https.createServer(tls, answer);
  } catch (error) {
    throw new SandboxError(`The key and certificate for TLS cannot be used: ${(error as Error).message}`);
  }
}

async function listen(server: Server, port: number, host: string): Promise<Server> {
  server.listen(port, host);
  await once(server, 'listening');
  return server;
}

function urlOf(server: Server, scheme: string): string {
  const { address, port } = server.address() as AddressInfo;
  const host = ['0.0.0.0', '::'].includes(address)
    ? '127.0.0.1'
    : address.includes(':')
      ? `[${address}]`
      : address;
  return `${scheme}://${host}:${port}`;
}
