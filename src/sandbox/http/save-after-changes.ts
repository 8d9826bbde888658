import type { RequestHandler } from 'express';
import type { SandboxStore } from '../store.ts';

/**
 * Saves once an answer is out: logins need not wait for the disk. What must not be lost, the clients, is saved before
 * its answer by the handler itself.
 */
export function saveAfterChanges(store: SandboxStore): RequestHandler {
  return (_req, res, next) => {
    res.once('finish', () => {
      store.saved().catch((error: unknown) => process.stderr.write(`The sandbox could not save: ${error}\n`));
    });
    next();
  };
}
