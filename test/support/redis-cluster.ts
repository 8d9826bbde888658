import { setTimeout as sleep } from 'node:timers/promises';
import type { RedisServer } from './redis-server.ts';
import { redisServer, sendTo } from './redis-server.ts';
import { until } from './until.ts';

/** A cluster of three primaries, of which the first has a replica that takes over when it dies. */
export interface RedisCluster {
  readonly primaries: readonly [RedisServer, RedisServer, RedisServer];
  readonly replica: RedisServer;
  /** Resolves when every key is served, as each living node sees it. */
  whole(): Promise<void>;
  stop(): Promise<void>;
}

/** Milliseconds of silence after which the other nodes take one for dead. */
export const nodeTimeout = 1000;

/** A running cluster; undefined, with one line that says so, where no Redis or Valkey is installed. */
export async function redisCluster(folders: readonly string[]): Promise<RedisCluster | undefined> {
  const started: RedisServer[] = [];
  for (const folder of folders) {
    const server = await redisServer(
      ...['--cluster-enabled', 'yes', '--cluster-node-timeout', String(nodeTimeout)],
      ...['--dir', folder, '--cluster-replica-validity-factor', '0', '--repl-diskless-sync-delay', '0'],
    );
    if (!server) return undefined;
    started.push(server);
  }
  const [first, second, third, replica] = started as [RedisServer, RedisServer, RedisServer, RedisServer];
  const primaries = [first, second, third] as const;
  await first.command('CLUSTER', 'ADDSLOTSRANGE', '0', '5460');
  await second.command('CLUSTER', 'ADDSLOTSRANGE', '5461', '10922');
  await third.command('CLUSTER', 'ADDSLOTSRANGE', '10923', '16383');
  for (const [epoch, server] of started.entries())
    await server.command('CLUSTER', 'SET-CONFIG-EPOCH', String(epoch + 1));
  for (const server of started.slice(1)) await first.command('CLUSTER', 'MEET', '127.0.0.1', String(server.port));
  const whole = async () => {
    for (const server of started)
      await until(async () => !server.isRunning() || (await stateOf(server)) === 'ok', { everyMs: 50 });
  };
  await whole();
  await until(async () => String(await replica.command('CLUSTER', 'NODES')).split('\n').length > 4);
  await replica.command('CLUSTER', 'REPLICATE', String(await first.command('CLUSTER', 'MYID')));
  await until(async () => String(await replica.command('INFO', 'replication')).includes('link_status:up'), {
    everyMs: 50,
  });
  await sleep(nodeTimeout); // until all have heard of the replica
  return {
    primaries,
    replica,
    whole,
    async stop() {
      await Promise.all(started.map((server) => server.stop()));
    },
  };
}

async function stateOf({ port }: RedisServer): Promise<string | undefined> {
  const reply = await sendTo(port, ['CLUSTER', 'INFO']).catch(() => '');
  return /cluster_state:(\w+)/.exec(String(reply))?.[1];
}
