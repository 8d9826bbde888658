import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from '@jest/globals';
import { redisServer } from './redis-server.ts';

/**
 * One `SESSION_STORE` setting for every engine that can run here, by name, each with nothing in it yet. What they keep
 * is removed after the tests of the calling file.
 */
export async function sessionEngines(): Promise<Record<string, string>> {
  const folder = mkdtempSync(join(tmpdir(), 'session-store-'));
  const redis = await redisServer();
  afterAll(async () => {
    rmSync(folder, { recursive: true });
    await redis?.stop();
  });
  return {
    memory: 'memory:',
    'a file': `file:${join(folder, `${randomUUID()}.db`)}`,
    ...(redis && { Redis: redis.url }),
  };
}

/** The engines that several processes can share. */
export async function sharedEngines(): Promise<Record<string, string>> {
  const { memory, ...shared } = await sessionEngines();
  return shared;
}
