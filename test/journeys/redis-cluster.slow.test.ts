import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { Instance } from '../support/instances.ts';
import { instanceSettings, logInAt, startInstance, whoIs } from '../support/instances.ts';
import { nodeTimeout, redisCluster } from '../support/redis-cluster.ts';
import { compileServer } from '../support/server-process.ts';
import { until } from '../support/until.ts';

const ariel = 'ariel.reader@acme.example';
const folder = await mkdtemp(path.join(tmpdir(), 'redis-cluster-'));
const cluster = await redisCluster(await Promise.all([1, 2, 3, 4].map((n) => mkdtemp(path.join(folder, `${n}-`)))));
const title = 'two instances that keep sessions in a Redis Cluster of three primaries';

if (!cluster) test(`${title}: need redis-server`, () => {});
else
  describe(title, () => {
    let sandbox: Sandbox;
    let compiled: Awaited<ReturnType<typeof compileServer>>;
    let instances: [Instance, Instance];
    const cookies: string[] = [];

    beforeAll(async () => {
      [sandbox, compiled] = await Promise.all([startSandbox({ port: 0, autoApprove: true }), compileServer()]);
      const settings = await instanceSettings(sandbox, { TRUST_PROXY: '1', RATE_LIMIT: '1000' });
      const [first, second, third] = cluster.primaries.map(({ port }) => `127.0.0.1:${port}`);
      instances = [
        await startInstance({ ...settings, SESSION_STORE: `redis://${second}` }, compiled.server),
        await startInstance(
          { ...settings, SESSION_STORE: `redis+cluster://${first},${third}`, RATE_LIMIT: '5' },
          compiled.server,
        ),
      ];
    }, 60_000);
    afterAll(async () => {
      await Promise.all(instances.map((instance) => instance.close()));
      await sandbox.close();
      await compiled.remove();
      await cluster.stop();
      await rm(folder, { recursive: true });
    });

    const everybody = (at: Instance) => Promise.all(cookies.map((cookie) => whoIs(at, cookie)));
    const allIn = () => cookies.map(() => ariel);

    test('log everybody in, whichever node has their session, and count logins together', async () => {
      for (let n = 0; n < 100; n += 1) cookies.push(await logInAt(instances[0]));
      expect(await everybody(instances[1])).toEqual(allIn());
      for (let n = 0; n < 5; n += 1) await instances[0].request('/auth/login', { from: '198.51.100.1' });
      expect((await instances[1].request('/auth/login', { from: '198.51.100.1' })).status).toBe(429);
    });

    test('keep everybody in when a primary is killed, and log in again as soon as its replica has taken over', async () => {
      const [first] = cluster.primaries;
      await until(async () => String(await first.command('WAIT', '1', '1000')) === '1');
      await first.kill();
      const killedAt = performance.now();
      let wholeAfter = Number.POSITIVE_INFINITY;
      const takenOver = async () =>
        String(await cluster.replica.command('INFO', 'replication')).includes('role:master');
      const whole = until(takenOver, { everyMs: 50 })
        .then(cluster.whole)
        .then(() => {
          wholeAfter = performance.now() - killedAt;
        });
      const failures: { after: number; took: number; problem: string }[] = [];
      // One address for each attempt: several failures from the same one would meet the rate limit.
      for (let attempt = 0; cookies.length < 200; attempt += 1) {
        const started = performance.now();
        try {
          const at = instances[cookies.length % 2] as Instance;
          cookies.push(await logInAt({ request: (p, o) => at.request(p, { ...o, from: address(attempt) }) }));
        } catch (error) {
          const after = started - killedAt;
          failures.push({ after, took: performance.now() - started, problem: String(error) });
          if (after > 30_000) throw error;
        }
      }
      await whole;
      // Both look for the new primary at least once a second.
      expect(failures.filter(({ after }) => after > wholeAfter + 2000)).toEqual([]);
      expect(failures.filter(({ took }) => took > 3000)).toEqual([]);
      for (const at of instances) {
        await until(async () => (await at.request('/readyz')).status === 200, { withinMs: 5000 });
        expect(await everybody(at)).toEqual(allIn());
      }
      for (const at of instances) expect(at.server.child.exitCode).toBeNull();
    });

    test('follow a failover while nobody asks for anything, so that the next request is answered', async () => {
      const [first] = cluster.primaries;
      await first.start();
      const replicates = async () => String(await first.command('INFO', 'replication')).includes('link_status:up');
      await until(replicates, { everyMs: 50, withinMs: 15_000 });
      await sleep(nodeTimeout); // until all have heard of the replica
      await cluster.replica.kill();
      const takenOver = async () => String(await first.command('INFO', 'replication')).includes('role:master');
      await until(takenOver, { everyMs: 50, withinMs: 15_000 });
      await cluster.whole();
      await sleep(2500); // they look for the new primary at least once a second
      for (const at of instances) expect(await everybody(at)).toEqual(allIn());
    });

    test('say that they are not ready while a part of the keys is not served', async () => {
      const [first, second, third] = cluster.primaries;
      // With full coverage, the default, the whole cluster would refuse to answer.
      const coverage = (value: string) =>
        Promise.all(
          [first, third].map((node) => node.command('CONFIG', 'SET', 'cluster-require-full-coverage', value)),
        );
      await coverage('no');
      await second.kill();
      for (const at of instances)
        await until(async () => (await at.request('/readyz')).status === 503, {
          withinMs: 10_000,
          everyMs: 50,
        });
      await second.start();
      await coverage('yes');
      await cluster.whole();
      for (const at of instances)
        await until(async () => (await at.request('/readyz')).status === 200, {
          withinMs: 10_000,
          everyMs: 50,
        });
      for (const at of instances) expect(await whoIs(at, await logInAt(instances[0]))).toBe(ariel);
    });
  });

function address(n: number): string {
  return `203.0.${Math.floor(n / 250)}.${n % 250}`;
}
