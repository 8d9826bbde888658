/** Plans how this machine will trust the local CA, or no longer trust it, and applies the plan. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../src/config/replace-file.ts';
import { localAuthority } from '../../src/local-https/certificate.ts';
import { describeAuthority, trustStores } from './stores.ts';
import type { Command, Machine, TrustStore } from './trust-store.ts';
import { runCommand } from './trust-store.ts';

/** What identifies a CA in a trust store. */
interface TrustedAuthority {
  readonly name: string;
  readonly sha1: string;
}

/** One trust store and the commands to run; none when it needs no change. */
export interface TrustStep {
  readonly store: TrustStore;
  readonly commands: readonly Command[];
}

/** The result for one trust store. */
export interface TrustOutcome {
  readonly name: string;
  readonly forBrowsers: boolean;
  /** `unchanged`: needed no change; `blocked`: cannot be changed from here; `planned`: in a dry run. */
  readonly state: 'changed' | 'unchanged' | 'blocked' | 'failed' | 'planned';
  /** The output of the failed command, or why the store is blocked. */
  readonly detail?: string;
}

/** The steps, and the CAs that this tool will have added when they are done. */
export interface TrustPlan {
  /** Name of the CA in `directory`; undefined when there is none yet and none was ever trusted. */
  readonly authority: string | undefined;
  readonly steps: readonly TrustStep[];
  readonly trustedAfter: readonly TrustedAuthority[];
}

/** Plans to trust the CA in `directory` everywhere and its predecessors nowhere; with `undo`, none of them. */
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

/** Applies the plan, store by store. One that fails does not prevent the next. */
export async function applyTrustPlan(plan: TrustPlan, directory: string): Promise<TrustOutcome[]> {
  // Recorded before anything changes, so that a run that is killed half-way can still be undone completely.
  const known = await readTrustRecord(directory);
  const added = plan.trustedAfter.filter(({ name }) => known.every((entry) => entry.name !== name));
  if (added.length > 0) await writeTrustRecord(directory, [...known, ...added]);
  const outcomes: TrustOutcome[] = [];
  for (const step of plan.steps) outcomes.push(await applyStep(step));
  const allDone = outcomes.every(({ state }) => state === 'changed' || state === 'unchanged');
  if (allDone && known.length + added.length > 0) await writeTrustRecord(directory, plan.trustedAfter);
  return outcomes;
}

async function applyStep({ store, commands }: TrustStep): Promise<TrustOutcome> {
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

/** The CAs that `npm run trust` added: `--undo` removes only those, even after a new CA was created. */
async function readTrustRecord(directory: string): Promise<TrustedAuthority[]> {
  const text = await readFile(fileIn(directory), 'utf8').catch(() => '[]');
  try {
    const entries: unknown = JSON.parse(text);
    return Array.isArray(entries) ? entries.filter(isEntry).map(({ name, sha1 }) => ({ name, sha1 })) : [];
  } catch {
    return []; // damaged; the current CA is found without it
  }
}

async function writeTrustRecord(directory: string, entries: readonly TrustedAuthority[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const record = entries.map(({ name, sha1 }) => ({ name, sha1 }));
  await replaceFile(fileIn(directory), `${JSON.stringify(record, null, 2)}\n`);
}

function fileIn(directory: string): string {
  return join(directory, 'trusted.json');
}

function isEntry(value: unknown): value is TrustedAuthority {
  const { name, sha1 } = (value ?? {}) as Record<string, unknown>;
  return typeof name === 'string' && typeof sha1 === 'string' && /^[0-9A-F]{40}$/.test(sha1);
}
