/*
 * What sessions in Redis cost: this app as one, two and four instances on one Redis, on a Redis Cluster, and beside
 * docs/minimal with connect-redis. README.md in this folder says how to start it.
 */
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { Pool } from 'undici';
import type { Contestant, RunningContestant } from '../../scripts/bench/contestant.ts';
import { fileOfProject, startContestant } from '../../scripts/bench/contestant.ts';
import { minimalApp, thisApp } from '../../scripts/bench/contestants.ts';
import { logIn, readMember } from '../../scripts/bench/visitor.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { redisCluster } from '../support/redis-cluster.ts';
import { redisServer } from '../support/redis-server.ts';

const [connectRedis, rounds = '12'] = process.argv.slice(2);
const visitorsAtOnce = 16;
const loginsPerRound = 100;
const pagesPerRound = 600;
const warmUpLogins = 400;
/** So many requests go to one instance before the next has its turn: at the same time they would share the cores. */
const turn = 50;

/** Instances behind a proxy that sends requests to them in turns, and the servers that keep their sessions. */
interface Group {
  readonly name: string;
  readonly instances: readonly RunningContestant[];
  /** Looks like one app. */
  readonly app: RunningContestant;
  readonly servers: readonly Server[];
  nextRound(): void;
  readonly figures: { login: Cost[]; page: Cost[] };
}

interface Server {
  command(...words: string[]): Promise<unknown>;
}

/** Of one login or page, in milliseconds of CPU time and in commands. */
interface Cost {
  readonly app: number;
  readonly redis: number;
  readonly commands: number;
}

const folder = await mkdtemp(path.join(tmpdir(), 'bench-redis-'));
const folders = await Promise.all([1, 2, 3, 4].map(() => mkdtemp(path.join(folder, 'node-'))));
const redis = await redisServer();
const cluster = await redisCluster(folders);
if (!redis || !cluster) process.exit(1);
const sandbox = await startSandbox({ port: 0, autoApprove: true });
const email = sandbox.personas()[0]?.email ?? '';
const provider = new Pool(sandbox.url);
const app = await thisApp(sandbox);
const onRedis = { ...app, env: { ...app.env, SESSION_STORE: redis.url } };
const onCluster = { ...app, env: { ...app.env, SESSION_STORE: cluster.primaries[0].url } };
const four = await startAll([onRedis, onRedis, onRedis, onRedis]);
const groups = [1, 2, 4].map((count) => group(`${count} on one Redis`, four, [redis], count));
groups.push(group('1 on a Cluster', await startAll([onCluster]), cluster.primaries));
if (connectRedis) {
  groups.push(group('minimal app, connect-redis', await startAll([await minimalOnRedis(connectRedis)]), [redis]));
}
try {
  for (const { app, instances } of groups.slice(2)) {
    process.stderr.write(`warming up: ${app.name}\n`);
    await times(warmUpLogins * instances.length, () => logIn({ app, provider, email }));
  }
  for (let round = 0; round < Number(rounds); round++) {
    process.stderr.write(`round ${round + 1} of ${rounds}\n`);
    for (const group of [...groups.slice(round % groups.length), ...groups.slice(0, round % groups.length)]) {
      const { app, figures } = group;
      group.nextRound();
      figures.login.push(await costOf(group, loginsPerRound, () => logIn({ app, provider, email })));
      const cookie = await logIn({ app, provider, email });
      figures.page.push(await costOf(group, pagesPerRound, () => readMember(app, cookie, email)));
    }
  }
  print(groups);
} finally {
  for (const { instances } of groups) for (const instance of instances) await instance.stop();
  await provider.destroy();
  await sandbox.close();
  await redis.stop();
  await cluster.stop();
  await rm(folder, { recursive: true, force: true });
}

async function startAll(contestants: readonly Contestant[]): Promise<RunningContestant[]> {
  const instances: RunningContestant[] = [];
  for (const contestant of contestants) instances.push(await startContestant(contestant, folder));
  return instances;
}

/** `atOnce` of the instances get requests, each round others, so that all of them are equally warm. */
function group(name: string, instances: readonly RunningContestant[], servers: readonly Server[], atOnce = 1): Group {
  let next = 0;
  let first = 0;
  const request: Pool['request'] = (options: Parameters<Pool['request']>[0]) => {
    const { connections } = instances[
      (first + (Math.floor(next++ / turn) % atOnce)) % instances.length
    ] as RunningContestant;
    return connections.request(options);
  };
  const app = { ...(instances[0] as RunningContestant), connections: { request } as Pool };
  const nextRound = () => void first++;
  return { name, instances, app, servers, nextRound, figures: { login: [], page: [] } };
}

/** docs/minimal/app.ts with its sessions in Redis, as the README of connect-redis shows it. */
async function minimalOnRedis(installed: string): Promise<Contestant> {
  const minimal = await minimalApp(sandbox);
  const modules = path.resolve(installed, 'node_modules');
  if (!existsSync(modules)) throw new Error(`Install it first: npm install --prefix ${installed} connect-redis redis`);
  const [store, client] = ['connect-redis/dist/connect-redis.js', 'redis/dist/index.js'].map(
    (file) => pathToFileURL(path.join(modules, file)).href,
  );
  const source = await readFile(fileOfProject(minimal.entry), 'utf8');
  const entry = 'dist/minimal-app-redis.js';
  const opening =
    `import { RedisStore } from '${store}';\nimport redis from '${client}';\n` +
    `const redisClient = redis.createClient({ url: '${redis?.url}' });\nawait redisClient.connect();\n`;
  const changed = source.replace('session({ name', 'session({ store: new RedisStore({ client: redisClient }), name');
  if (changed === source) throw new Error('docs/minimal/app.ts has changed: its session() is not found.');
  await writeFile(fileOfProject(entry), opening + changed);
  return { ...minimal, name: 'minimal, connect-redis', entry };
}

async function costOf(group: Group, count: number, task: () => Promise<unknown>): Promise<Cost> {
  const before = await usage(group);
  await times(count, task);
  const after = await usage(group);
  return {
    app: (after.app - before.app) / count,
    redis: (after.redis - before.redis) / count,
    commands: (after.commands - before.commands) / count,
  };
}

async function usage({ app, instances, servers }: Group): Promise<Cost> {
  const apps = await Promise.all(instances.map((instance) => instance.usage()));
  const replies = await Promise.all(
    servers.map(
      async (server) => `${await server.command('INFO', 'cpu')}${await server.command('INFO', 'commandstats')}`,
    ),
  );
  const text = replies.join('\n');
  // Redis also counts what the scripts of this app call.
  const sent = app.name === 'this app' ? /cmdstat_evalsha:calls=(\d+)/g : /cmdstat_(?:get|set|del|expire):calls=(\d+)/g;
  return {
    app: apps.reduce((sum, { cpuMs }) => sum + cpuMs, 0),
    redis: 1000 * total(text, /used_cpu_(?:sys|user):([\d.]+)/g),
    commands: total(text, sent),
  };
}

function total(text: string, pattern: RegExp): number {
  return [...text.matchAll(pattern)].reduce((sum, [, value]) => sum + Number(value), 0);
}

async function times(count: number, task: () => Promise<unknown>): Promise<void> {
  let started = 0;
  const visitor = async () => {
    while (started++ < count) await task();
  };
  await Promise.all(Array.from({ length: visitorsAtOnce }, visitor));
}

function print(groups: readonly Group[]): void {
  const middle = (values: number[]) => values.sort((a, b) => a - b)[Math.floor((values.length - 1) / 4)] ?? 0;
  const columns = (costs: readonly Cost[]) => {
    const of = (part: keyof Cost) => middle(costs.map((cost) => cost[part]));
    return `${of('app').toFixed(3)} ms | ${of('redis').toFixed(4)} ms | ${of('commands').toFixed(2)}`;
  };
  console.log('| | login: CPU of the app | CPU of Redis | commands | page: CPU of the app | CPU of Redis | commands |');
  console.log('| --- | ---: | ---: | ---: | ---: | ---: | ---: |');
  for (const { name, figures } of groups)
    console.log(`| ${name} | ${columns(figures.login)} | ${columns(figures.page)} |`);
}
