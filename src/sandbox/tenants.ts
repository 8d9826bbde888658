import type { RequestListener } from 'node:http';
import { SandboxError } from './sandbox-error.ts';
import { newId } from './secrets.ts';
import type { Seed } from './seed.ts';
import type { Switches } from './switches.ts';

const MOST = 1000;

/** A sandbox of its own in the same process: its own port, personas, clients, tokens, faults and ledger. */
export interface Tenant {
  id: string;
  url: string;
  adminToken: string;
  readerToken: string;
  serviceToken: string;
}

/** How to start a tenant. What is left out is as at the sandbox it belongs to, or as by default. */
export interface TenantOptions {
  autoApprove?: boolean;
  seed?: Seed;
  switches?: Partial<Switches>;
}

/** A tenant that runs. */
export interface RunningTenant extends Omit<Tenant, 'id'> {
  /** Answers a request without its port. */
  listener: RequestListener;
  close(): Promise<void>;
}

/** The tenants of one sandbox. */
export interface Tenants {
  /** Starts one. Throws `SandboxError` when its options are wrong, or there are a thousand already. */
  add(options: TenantOptions): Promise<Tenant>;
  list(): Tenant[];
  /** Ends one. Throws `SandboxError` when there is none with this id. */
  remove(id: string): Promise<void>;
  /** What answers for the tenant with this id. */
  listener(id: string): RequestListener | undefined;
  close(): Promise<void>;
}

/** Keeps tenants, each started by `start`. */
export function createTenants(start: (options: TenantOptions) => Promise<RunningTenant>): Tenants {
  const running = new Map<string, RunningTenant>();
  return {
    async add(options) {
      if (running.size >= MOST) throw new SandboxError(`There are ${MOST} tenants. Remove some first.`);
      const id = newId().slice(0, 12);
      const tenant = await start(options);
      running.set(id, tenant);
      return describe(id, tenant);
    },
    list: () => [...running].map(([id, tenant]) => describe(id, tenant)),
    async remove(id) {
      const tenant = running.get(id);
      if (!tenant) throw new SandboxError(`There is no tenant "${id}".`);
      running.delete(id);
      await tenant.close();
    },
    listener: (id) => running.get(id)?.listener,
    async close() {
      const all = [...running.values()];
      running.clear();
      await Promise.all(all.map((tenant) => tenant.close()));
    },
  };
}

function describe(id: string, { url, adminToken, readerToken, serviceToken }: RunningTenant): Tenant {
  return { id, url, adminToken, readerToken, serviceToken };
}
