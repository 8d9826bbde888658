/** What trusting the local CA, or taking that back, comes to on this machine: a plan to show, and its execution. */
import { localAuthority } from '../certificate.ts';
import type { TrustedAuthority } from './record.ts';
import { readTrustRecord, writeTrustRecord } from './record.ts';
import type { Command } from './run-command.ts';
import { runCommand } from './run-command.ts';
import type { Machine, TrustStore } from './stores.ts';
import { describeAuthority, trustStores } from './stores.ts';

/** One list and what is to be done with it; `commands` is empty when it is as it should be. */
export interface TrustStep {
  readonly store: TrustStore;
  readonly commands: readonly Command[];
}

/** How a list ended up. */
export interface TrustOutcome {
  readonly name: string;
  readonly forBrowsers: boolean;
  /** `unchanged`: it was right already; `blocked`: it cannot be changed from here; `planned`: in a dry run. */
  readonly state: 'changed' | 'unchanged' | 'blocked' | 'failed' | 'planned';
  /** What the failed command said, or why the list is blocked. */
  readonly detail?: string;
}

/** Steps, and the CAs that are trusted afterwards through this tool. */
export interface TrustPlan {
  /** Name of the CA in `directory`; undefined when none was made yet and none was ever trusted. */
  readonly authority: string | undefined;
  readonly steps: readonly TrustStep[];
  readonly trustedAfter: readonly TrustedAuthority[];
}

/** The CA in `directory` is to be trusted everywhere, and its predecessors nowhere; with `undo` none of them. */
export async function planTrust(machine: Machine, directory: string, undo: boolean): Promise<TrustPlan> {
  const stored = await localAuthority(directory);
  const current = stored && describeAuthority(stored.ca, stored.caFile);
  const others = (await readTrustRecord(directory)).filter(({ name }) => name !== current?.name);
  const unwanted = [...others, ...(undo && current ? [current] : [])].map((entry) => ({
    file: '',
    ...entry,
  }));
  const wanted = undo ? undefined : current;
  const steps: TrustStep[] = [];
  for (const store of await trustStores(machine)) {
    const commands: Command[] = [];
    for (const authority of unwanted) {
      if (await store.trusts(authority)) commands.push(...store.removeCommands(authority));
    }
    if (wanted && !(await store.trusts(wanted))) commands.push(...store.addCommands(wanted));
    steps.push({ store, commands });
  }
  return { authority: (current ?? others[0])?.name, steps, trustedAfter: wanted ? [wanted] : [] };
}

/** Runs the plan, list by list; one that fails does not hold up the next. */
export async function carryOut(plan: TrustPlan, directory: string): Promise<TrustOutcome[]> {
  // Noted before anything changes, predecessors included: a run that is killed half-way can still be undone whole.
  const known = await readTrustRecord(directory);
  const added = plan.trustedAfter.filter(({ name }) => known.every((entry) => entry.name !== name));
  if (added.length > 0) await writeTrustRecord(directory, [...known, ...added]);
  const outcomes: TrustOutcome[] = [];
  for (const step of plan.steps) outcomes.push(await carryOutStep(step));
  const allDone = outcomes.every(({ state }) => state === 'changed' || state === 'unchanged');
  if (allDone && known.length + added.length > 0) await writeTrustRecord(directory, plan.trustedAfter);
  return outcomes;
}

async function carryOutStep({ store, commands }: TrustStep): Promise<TrustOutcome> {
  const { name, forBrowsers, blocked } = store;
  if (commands.length === 0) return { name, forBrowsers, state: 'unchanged' };
  if (blocked) return { name, forBrowsers, state: 'blocked', detail: blocked(commands) };
  for (const command of commands) {
    const { ok, missing, output } = await runCommand(command);
    if (ok) continue;
    const detail = missing ? `the program ${command[0]} is not installed` : `${command[0]}: ${output || 'failed'}`;
    return { name, forBrowsers, state: 'failed', detail };
  }
  return { name, forBrowsers, state: 'changed' };
}
