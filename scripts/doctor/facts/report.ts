import { replaceFile } from '../../../src/config/replace-file.ts';
import type { FactName } from './facts.ts';
import { FACTS, NEVER_PROBED } from './facts.ts';
import type { Findings } from './findings.ts';

/** What a run saw, without a single value of the account. */
export interface FactsReport {
  /** Of this format. */
  readonly version: 1;
  /** The day, UTC. */
  readonly date: string;
  /** Which LaunchDarkly; `other` for anything else, a sandbox among it. */
  readonly instance: 'commercial' | 'eu' | 'federal' | 'other';
  /** Whether every probe could look. */
  readonly complete: boolean;
  readonly facts: Findings['facts'];
  /** Why a fact is missing. */
  readonly notProbed: Readonly<Record<string, string>>;
  /** Statuses and shapes of answers, by what was asked. */
  readonly answers: Findings['answers'];
}

const instances = {
  'https://app.launchdarkly.com': 'commercial',
  'https://app.eu.launchdarkly.com': 'eu',
  'https://app.launchdarkly.us': 'federal',
} as const;

export function makeReport({ facts, notProbed, answers, complete }: Findings, baseUri: string): FactsReport {
  const missing = (Object.keys(FACTS) as FactName[]).filter((name) => !(name in facts));
  const reasons = missing.map((name) => [name, notProbed[name] ?? 'No probe came to it.']);
  return {
    version: 1,
    date: new Date().toISOString().slice(0, 10),
    instance: instances[baseUri as keyof typeof instances] ?? 'other',
    complete: complete(),
    facts,
    notProbed: { ...Object.fromEntries(reasons), ...NEVER_PROBED },
    answers,
  };
}

/** Writes the report. Throws what the file system throws. */
export async function saveReport(path: string, report: FactsReport): Promise<void> {
  await replaceFile(path, `${JSON.stringify(report, undefined, 2)}\n`);
}
