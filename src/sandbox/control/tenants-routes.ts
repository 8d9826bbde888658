import type { RequestHandler, Router } from 'express';
import express from 'express';
import { SandboxError } from '../sandbox-error.ts';
import { checkSwitches } from '../switch-values.ts';
import type { TenantOptions, Tenants } from '../tenants.ts';
import { readObject } from './request-input.ts';

/**
 * `/__sandbox/tenants`: `GET` lists them, `POST` with `{"autoApprove"?, "switches"?, "seed"?}` starts one, `DELETE
 * /__sandbox/tenants/{id}` ends it. A tenant answers on a port of its own, and here with the header `Sandbox-Tenant: {id}`.
 */
export function tenantRoutes(tenants: Tenants): Router {
  const router = express.Router({ caseSensitive: true, strict: true });
  router.get('/tenants', (_req, res) => void res.json({ tenants: tenants.list() }));
  router.post('/tenants', addTenant(tenants));
  router.delete('/tenants/:id', async (req, res) => {
    await tenants.remove(String(req.params.id));
    res.status(204).end();
  });
  return router;
}

function addTenant(tenants: Tenants): RequestHandler {
  return async (req, res) => {
    res.status(201).json(await tenants.add(await readOptions(readObject(req))));
  };
}

async function readOptions({
  autoApprove,
  switches,
  seed,
  ...others
}: Record<string, unknown>): Promise<TenantOptions> {
  const [unknown] = Object.keys(others);
  if (unknown !== undefined) {
    throw new SandboxError(`A tenant has no option "${unknown}", only autoApprove, switches and seed.`);
  }
  if (autoApprove !== undefined && typeof autoApprove !== 'boolean') {
    throw new SandboxError('autoApprove is true or false.');
  }
  if (switches !== undefined && (typeof switches !== 'object' || switches === null)) {
    throw new SandboxError('switches is an object.');
  }
  return {
    ...(autoApprove === undefined ? {} : { autoApprove }),
    ...(switches === undefined ? {} : { switches: checkSwitches(switches) }),
    ...(seed === undefined ? {} : { seed: (await import('../seed-file.ts')).checkSeed(seed) }),
  };
}
