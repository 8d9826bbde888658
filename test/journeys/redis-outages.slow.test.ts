import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createConnection } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { freePort } from '../support/free-port.ts';
import type { Instance } from '../support/instances.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import type { RedisServer } from '../support/redis-server.ts';
import { redisServer } from '../support/redis-server.ts';
import { compileServer } from '../support/server-process.ts';
import { until } from '../support/until.ts';

/*
 * The app as `npm start` runs it, where an error that nobody handles ends the process. Each outage begins before the
 * first request, so that whatever is set up with the first request meets it.
 */

const perMinute = 5;
const redis = await redisServer('--user', 'app', 'on', '>right', '~*', '+@all');
const title = 'a fresh process';

/** Makes Redis unavailable, before the app starts or right after; resolves to what ends the outage. */
type Outage = (redis: RedisServer) => Promise<() => Promise<unknown>>;

const beforeTheStart: Record<string, Outage> = {
  'is down': async ({ kill, start }) => {
    await kill();
    return start;
  },
  'refuses the password': async ({ command }) => {
    await command('ACL', 'SETUSER', 'app', 'resetpass', '>another');
    return () => command('ACL', 'SETUSER', 'app', '>right');
  },
  'is silent': async ({ freeze, thaw }) => {
    freeze();
    return async () => thaw();
  },
  'has no connection left': async ({ command, port }) => {
    await command('CONFIG', 'SET', 'maxclients', '1');
    const held = await Promise.all([connected(port), connected(port), connected(port)]);
    return async () => held.map((socket) => socket.destroy());
  },
  'is out of memory': async ({ command }) => {
    await command('CONFIG', 'SET', 'maxmemory', '1');
    return () => command('CONFIG', 'SET', 'maxmemory', '0');
  },
  'is a read-only replica': async ({ command }) => {
    await command('REPLICAOF', '127.0.0.1', String(await freePort()));
    return () => command('REPLICAOF', 'NO', 'ONE');
  },
  'forbids scripts': async ({ command }) => {
    await command('ACL', 'SETUSER', 'app', '-eval', '-evalsha');
    return () => command('ACL', 'SETUSER', 'app', '+eval', '+evalsha');
  },
};

const afterTheStart: Record<string, Outage> = {
  'goes down': beforeTheStart['is down'] as Outage,
  'falls silent': beforeTheStart['is silent'] as Outage,
  'is restarted': async ({ kill, start }) => {
    await kill();
    await start();
    return async () => {};
  },
  'forgets its scripts': async ({ command }) => {
    await command('SCRIPT', 'FLUSH');
    return async () => {};
  },
};

if (!redis) test(`${title}: needs redis-server`, () => {});
else
  describe(title, () => {
    let sandbox: Sandbox;
    let settings: Record<string, string>;
    let compiled: Awaited<ReturnType<typeof compileServer>>;

    beforeAll(async () => {
      [sandbox, compiled] = await Promise.all([startSandbox({ port: 0, autoApprove: true }), compileServer()]);
      settings = await instanceSettings(sandbox, {
        SESSION_STORE: redis.url.replace('//', '//app:right@'),
        RATE_LIMIT: String(perMinute),
        TRUST_PROXY: '1',
      });
    }, 60_000);
    afterAll(async () => {
      await redis.stop();
      await sandbox.close();
      await compiled.remove();
    });

    test.each(Object.entries(beforeTheStart))('whose Redis %s serves what it can, and recovers', async (_, begin) => {
      await redis.kill();
      await redis.start();
      const end = await begin(redis);
      const app = await startInstance(settings, compiled.server);
      try {
        await expectQuickAnswers(app);
        expect((await app.request('/readyz')).status).toBe(503);
        await end();
        await expectRecovery(app);
        expect([app.count('rate_limit_off'), app.count('rate_limit_on')]).toEqual([1, 1]);
      } finally {
        await end();
        await app.close();
      }
    });

    test.each(Object.entries(afterTheStart))('whose Redis %s before the first request recovers', async (_, begin) => {
      await redis.kill();
      await redis.start();
      const app = await startInstance(settings, compiled.server);
      const end = await begin(redis);
      try {
        await expectQuickAnswers(app);
        await end();
        await expectRecovery(app);
      } finally {
        await end();
        await app.close();
      }
    });

    test('limits logins again after Redis was restarted or has forgotten its scripts', async () => {
      await redis.start();
      const app = await startInstance(settings, compiled.server);
      try {
        await expectLimit(app, '198.51.100.1');
        await redis.command('SCRIPT', 'FLUSH');
        expect((await app.request('/auth/login', { from: '198.51.100.1' })).status).toBe(429);
        await expectLimit(app, '198.51.100.2');
        await redis.kill();
        await redis.start();
        await expectRecovery(app);
      } finally {
        await app.close();
      }
    });
  });

async function connected(port: number): Promise<Socket> {
  const socket = createConnection(port, '127.0.0.1');
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

/** The first requests of the process, of a visitor whom nobody knows. */
async function expectQuickAnswers(app: Instance): Promise<void> {
  for (const [path, method] of [
    ['/auth/login', 'GET'],
    ['/auth/callback?code=1&state=2', 'GET'],
    ['/auth/logout', 'POST'],
  ] as const) {
    const started = performance.now();
    const { status } = await app.request(path, { method });
    // No login of this visitor is under way, which needs no store to be known.
    const expected = path.includes('callback') ? [400, 503] : [303, 503];
    expect({ path, expected: expected.includes(status) || status }).toEqual({ path, expected: true });
    expect(performance.now() - started).toBeLessThan(3000);
  }
  expect(app.server.child.exitCode).toBeNull();
}

async function expectRecovery(app: Instance): Promise<void> {
  await until(async () => (await app.request('/readyz')).status === 200, { withinMs: 8000 });
  const cookie = await logInAt(app);
  expect(await whoIs(app, cookie)).toBe('ariel.reader@acme.example');
  await expectLimit(app, '198.51.100.9');
}

async function expectLimit(app: Instance, from: string): Promise<void> {
  const statuses: number[] = [];
  for (let n = 0; n < perMinute + 2; n++) statuses.push((await app.request('/auth/login', { from })).status);
  expect(statuses).toEqual([303, 303, 303, 303, 303, 429, 429]);
}
