/*
 * What a million sessions cost in the file store and in Redis. README.md in this folder says how to start it.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startContestant } from '../../scripts/bench/contestant.ts';
import { thisApp } from '../../scripts/bench/contestants.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { fileFigures, fillFile, redisFigures, sweepFigures } from '../support/many-sessions.ts';
import { redisServer } from '../support/redis-server.ts';

const count = Number(process.argv[2] ?? 1_000_000);
const samples = 4000;
const starts = 7;
const say = (text: string) => process.stderr.write(`${text}\n`);
const folder = await mkdtemp(path.join(tmpdir(), 'bench-million-'));
const file = path.join(folder, 'sessions.db');
try {
  say('file');
  const inFile = await fileFigures(file, count, samples);
  say('starts');
  const start = await startFigures();
  say('sweep');
  await fillFile(path.join(folder, 'expired.db'), count, Date.now() - 3_600_000, Date.now());
  const sweep = await sweepFigures(path.join(folder, 'expired.db'), 25_000);
  say('Redis');
  const redis = await redisServer();
  const inRedis = redis && (await redisFigures(redis, count, samples));
  await redis?.stop();
  console.log(JSON.stringify({ count, node: process.version, inFile, inRedis, start, sweep }, undefined, 2));
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Milliseconds from the start of the app to its first page, with this file and with an empty one, in turns. */
async function startFigures(): Promise<{ full: number; empty: number }> {
  const sandbox = await startSandbox({ port: 0 });
  const app = await thisApp(sandbox);
  const took = { full: [] as number[], empty: [] as number[] };
  const files = { full: file, empty: path.join(folder, 'empty.db') };
  for (let turn = 0; turn < starts; turn++) {
    for (const which of ['full', 'empty'] as const) {
      const running = await startContestant(
        { ...app, env: { ...app.env, SESSION_STORE: `file:${files[which]}` } },
        folder,
      );
      took[which].push(running.coldStartMs);
      await running.stop();
    }
  }
  await sandbox.close();
  const median = (values: number[]) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
  return { full: median(took.full), empty: median(took.empty) };
}
