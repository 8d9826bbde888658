import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'undici';
import type { Contestant, RunningContestant } from './contestant.ts';
import { startContestant } from './contestant.ts';
import { logIn, readMember } from './visitor.ts';

/** What was measured of one app: one figure a round. */
export interface Figures {
  readonly name: string;
  readonly coldStartMs: number[];
  /** CPU time of one login: login, callback, the page after it, and the member's data. */
  readonly loginMs: number[];
  /** CPU time of one request for the member's data. */
  readonly memberMs: number[];
  /** After `logins` logins. */
  rssMiB: number;
  logins: number;
}

/** The sandbox, and who logs in there. */
export interface Place {
  readonly url: string;
  readonly email: string;
}

/** How much is measured. */
export interface Plan {
  /** Starts whose time is taken. */
  readonly starts: number;
  readonly warmUpLogins: number;
  readonly rounds: number;
  readonly loginsPerRound: number;
  readonly requestsPerRound: number;
  /** No round begins after this many milliseconds, once there are three. */
  readonly enoughAfterMs: number;
}

const visitorsAtOnce = 16;

/** Measures the apps in turn, a little at a time, so that what else goes on here meets all of them alike. */
export async function measure(
  contestants: readonly Contestant[],
  { url, email }: Place,
  plan: Plan,
  progress: (text: string) => void,
): Promise<Figures[]> {
  const startedAt = performance.now();
  const provider = new Pool(url);
  const entries = await Promise.all(contestants.map(entryFor));
  try {
    for (let start = 0; start < plan.starts; start++) {
      progress(`cold start ${start + 1} of ${plan.starts}`);
      for (const entry of entries) await restart(entry);
    }
    for (const entry of entries) {
      progress(`warming up: ${entry.figures.name}`);
      await times(plan.warmUpLogins, () => logIn({ app: running(entry), provider, email }));
      entry.figures.logins = plan.warmUpLogins;
    }
    for (let round = 0; round < plan.rounds; round++) {
      if (round >= 3 && performance.now() - startedAt > plan.enoughAfterMs) break;
      progress(`round ${round + 1} of ${plan.rounds}`);
      for (const entry of [...entries.slice(round % entries.length), ...entries.slice(0, round % entries.length)]) {
        await measureRound(entry, provider, email, plan);
      }
    }
    return entries.map(({ figures }) => figures);
  } finally {
    for (const { app, folder } of entries) {
      await app?.stop();
      await rm(folder, { recursive: true, force: true });
    }
    await provider.destroy();
  }
}

interface Entry {
  readonly contestant: Contestant;
  readonly figures: Figures;
  readonly folder: string;
  app: RunningContestant | undefined;
}

async function entryFor(contestant: Contestant): Promise<Entry> {
  const figures = { name: contestant.name, coldStartMs: [], loginMs: [], memberMs: [], rssMiB: 0, logins: 0 };
  return { contestant, figures, folder: await mkdtemp(path.join(tmpdir(), 'bench-')), app: undefined };
}

async function restart(entry: Entry): Promise<void> {
  await entry.app?.stop();
  entry.app = await startContestant(entry.contestant, entry.folder);
  entry.figures.coldStartMs.push(entry.app.coldStartMs);
}

function running({ app }: Entry): RunningContestant {
  if (!app) throw new Error('The plan has no start.');
  return app;
}

async function measureRound(entry: Entry, provider: Pool, email: string, plan: Plan): Promise<void> {
  const app = running(entry);
  const { figures } = entry;
  figures.loginMs.push(await cpuPer(app, plan.loginsPerRound, () => logIn({ app, provider, email })));
  figures.logins += plan.loginsPerRound;
  figures.rssMiB = (await app.usage()).rssMiB;
  const cookie = await logIn({ app, provider, email });
  figures.memberMs.push(await cpuPer(app, plan.requestsPerRound, () => readMember(app, cookie, email)));
}

/** Milliseconds of the app's CPU time that one task takes. */
async function cpuPer(app: RunningContestant, count: number, task: () => Promise<unknown>): Promise<number> {
  const before = await app.usage();
  await times(count, task);
  const after = await app.usage();
  return (after.cpuMs - before.cpuMs) / count;
}

async function times(count: number, task: () => Promise<unknown>): Promise<void> {
  let started = 0;
  const visitor = async () => {
    while (started++ < count) await task();
  };
  await Promise.all(Array.from({ length: visitorsAtOnce }, visitor));
}
