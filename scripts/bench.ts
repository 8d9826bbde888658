import { existsSync } from 'node:fs';
import path from 'node:path';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import type { Contestant } from './bench/contestant.ts';
import { fileOfProject } from './bench/contestant.ts';
import { minimalApp, thisApp, unprotected } from './bench/contestants.ts';
import type { Place, Plan } from './bench/measure.ts';
import { measure } from './bench/measure.ts';
import {
  compareWithRecorded,
  readRecorded,
  remarkOn,
  remarkOnMachine,
  showChanges,
  writeRecorded,
} from './bench/recorded.ts';
import { comparison, describeMachine, savings, summarize } from './bench/report.ts';
import { runScript } from './support/run-script.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments } from './support/usage.ts';

const help = `npm run bench: what a login costs, beside the smallest Express app that does the same.

Usage: npm run bench -- [options]

  --record          keep the two ratios of this run, for later runs to be compared with
  --recorded FILE   where they are kept; default scripts/bench/recorded.json
  --quick           one start and a few rounds, to see that it works; the figures sway more
  --protections     measure what each protection costs instead, by leaving it out
  --json            one JSON document on stdout
  --help            this text

Compares CPU time of a login and of a page for somebody who is logged in, time from start to first page, and memory,
with docs/minimal/app.ts: Express, openid-client and express-session as their documentation shows them, sessions in
memory. Both run as in production behind a proxy and log in at a sandbox on this machine; nothing leaves it. It takes
one to two minutes. Times depend on the machine and on what else it does, so look at the ratios. Those of a login and
of a page are compared with the recorded ones: a rise by more than 0.05 is a warning, unless the noise of the run is
larger. To judge a change, record before it and compare after it on the same machine, with --recorded.
`;

const options = {
  record: { type: 'boolean' },
  recorded: { type: 'string' },
  quick: { type: 'boolean' },
  protections: { type: 'boolean' },
  json: { type: 'boolean' },
} as const;

const plan: Plan = {
  starts: 5,
  warmUpLogins: 500,
  rounds: 20,
  loginsPerRound: 100,
  requestsPerRound: 750,
  enoughAfterMs: 80_000,
};

const quick = { starts: 1, warmUpLogins: 60, rounds: 5, loginsPerRound: 20, requestsPerRound: 100 };
const manyApps = { starts: 1, warmUpLogins: 700, rounds: 12, loginsPerRound: 50, requestsPerRound: 500 };

await runScript(async (terminal) => {
  const called = readArguments({ command: 'bench', help, options }, process.argv.slice(2));
  if (!called) return 0;
  if (!existsSync(fileOfProject('dist/server.js'))) throw new Error('Build the app first: npm run build');
  const sandbox = await startSandbox({ port: 0, autoApprove: true });
  try {
    const app = await thisApp(sandbox);
    const [person] = sandbox.personas();
    const at = { url: sandbox.url, email: person?.email ?? '' };
    if (called.values.protections) await measureProtections(terminal, app, at);
    else await compare(terminal, [app, await minimalApp(sandbox)], at, called.values);
  } finally {
    await sandbox.close();
  }
  return 0;
});

async function compare(
  terminal: Terminal,
  contestants: Contestant[],
  at: Place,
  asked: { quick?: boolean; record?: boolean; recorded?: string },
): Promise<void> {
  const file = asked.recorded ?? fileOfProject('scripts/bench/recorded.json');
  const recorded = asked.record ? undefined : await readRecorded(file);
  const [ours, minimal] = await measure(contestants, at, { ...plan, ...(asked.quick && quick) }, terminal.info);
  if (!ours || !minimal) throw new Error('Two apps are needed to compare.');
  const summaries = [summarize(ours, minimal), summarize(minimal, minimal)] as const;
  const changes = recorded && compareWithRecorded(ours, minimal, recorded);
  terminal.print(comparison(summaries));
  if (recorded && changes) terminal.print(`\n${showChanges(changes, recorded)}`);
  terminal.printJson({ ...describeMachine(), rounds: ours.loginMs.length, apps: summaries, recorded, changes });
  if (recorded && changes) {
    for (const remark of [...changes.map(remarkOn), remarkOnMachine(minimal, recorded)])
      if (remark) terminal.info(remark);
    return;
  }
  await writeRecorded(file, ours, minimal);
  terminal.info(`Recorded in ${path.relative('.', file)}.`);
}

async function measureProtections(terminal: Terminal, app: Contestant, at: Place): Promise<void> {
  const contestants = [app, ...unprotected(app)];
  const [whole, ...others] = await measure(contestants, at, { ...plan, ...manyApps }, terminal.info);
  if (!whole) throw new Error('There is nothing to compare with.');
  const summaries = [whole, ...others].map((figures) => summarize(figures, whole));
  terminal.print(savings(summaries));
  terminal.printJson({ ...describeMachine(), rounds: whole.loginMs.length, apps: summaries });
}
