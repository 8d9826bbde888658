import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Instance } from '../support/instances.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import { redisServer } from '../support/redis-server.ts';
import { until } from '../support/until.ts';

const ariel = 'ariel.reader@acme.example';
const redis = await redisServer();
const title = 'two instances that share sessions in Redis';

if (!redis) test(`${title}: need redis-server`, () => {});
else
  describe(title, () => {
    let sandbox: Sandbox;
    let instances: [Instance, Instance];

    let settings: Record<string, string>;

    beforeAll(async () => {
      sandbox = await startSandbox({ port: 0, autoApprove: true });
      settings = await instanceSettings(sandbox, { SESSION_STORE: redis.url });
      instances = [await startInstance(settings), await startInstance(settings)];
    });
    afterAll(async () => {
      redis.thaw();
      await Promise.all(instances.map((instance) => instance.close()));
      await sandbox.close();
      await redis.stop();
    });

    const everywhere = <T>(ask: (instance: Instance) => Promise<T>) => Promise.all(instances.map(ask));

    /** Every request gets its answer within a second: 503 with its code, as a page and as JSON. */
    async function expectUnavailable(cookie: string): Promise<void> {
      for (const path of ['/auth/login', '/account', '/api/me', '/']) {
        const started = Date.now();
        for (const { status, body } of await everywhere(({ request }) => request(path, { cookie }))) {
          expect({ path, status }).toEqual({ path, status: 503 });
          expect(body).toContain('session_store_unavailable');
        }
        const took = Date.now() - started;
        expect(took < 1000 || { path, took }).toBe(true);
      }
      const ready = await everywhere(({ request }) => request('/readyz'));
      expect(ready.map(({ status }) => status)).toEqual([503, 503]);
      const alive = await everywhere(({ request }) => request('/healthz'));
      expect(alive.map(({ status }) => status)).toEqual([200, 200]);
    }

    /** Resolves when both say that they can serve. */
    async function ready(): Promise<void> {
      for (const { request } of instances) await until(async () => (await request('/readyz')).status === 200);
    }

    test('who logs in at one is in at both, and who logs out at one is out at both', async () => {
      const cookie = await logInAt(instances[0]);
      expect(await everywhere((instance) => whoIs(instance, cookie))).toEqual([ariel, ariel]);
      expect((await instances[1].request('/auth/logout', { method: 'POST', cookie })).status).toBe(303);
      expect(await everywhere((instance) => whoIs(instance, cookie))).toEqual([401, 401]);
    });

    test('while Redis is killed every answer is a quick 503, and logging in works again when it is back', async () => {
      const cookie = await logInAt(instances[0]);
      await redis.kill();
      await expectUnavailable(cookie);
      await redis.start();
      await ready();
      expect(await everywhere((instance) => whoIs(instance, cookie))).toEqual([401, 401]); // it came back empty
      const again = await logInAt(instances[1]);
      expect(await everywhere((instance) => whoIs(instance, again))).toEqual([ariel, ariel]);
    });

    test('while Redis is frozen every answer is a 503 within a second, and everybody is still in when it thaws', async () => {
      const cookie = await logInAt(instances[0]);
      redis.freeze();
      await expectUnavailable(cookie);
      redis.thaw();
      await ready();
      expect(await everywhere((instance) => whoIs(instance, cookie))).toEqual([ariel, ariel]);
    });

    test('an instance starts while Redis is down, and serves as soon as it is there', async () => {
      await redis.kill();
      const third = await startInstance(settings);
      expect((await third.request('/readyz')).status).toBe(503);
      await redis.start();
      await until(async () => (await third.request('/readyz')).status === 200);
      expect(await whoIs(third, await logInAt(third))).toBe(ariel);
      expect(third.count('session_store_unavailable')).toBe(1);
      expect(third.count('session_store_available')).toBe(1);
      await third.close();
    });
  });
