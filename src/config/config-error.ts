import type { SettingName } from './settings.ts';
import { settings } from './settings.ts';

/** One thing that is wrong with the settings. The offending value is quoted only where it is no secret. */
export interface ConfigProblem {
  readonly name: SettingName;
  /** What is wrong, as the rest of a sentence that begins with the name: "is missing", "must be …". */
  readonly problem: string;
  /** A value that would be right. */
  readonly example: string;
  /** Where a right value comes from: a command, a page, a decision. */
  readonly source: string;
  /** Where the wrong value was read: a file's path or `the environment`; undefined when there is none. */
  readonly readFrom?: string | undefined;
}

/** Everything that is wrong with the settings, reported together. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** For a program that ends because of it. */
  readonly exitCode = 2;
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    super(report(problems));
    this.problems = problems;
  }
}

function report(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? 'One setting needs' : `${problems.length} settings need`;
  return [`${count} attention:`, ...problems.map(paragraph)].join('\n\n');
}

function paragraph({ name, problem, example, source, readFrom }: ConfigProblem): string {
  const lines = [`  ${name} ${problem}`, `    for example: ${name}=${example}`, `    comes from:  ${source}`];
  if (readFrom) lines.push(`    was read in: ${readFrom}`);
  return lines.join('\n');
}

/** A problem with the example and the source that belong to the setting. */
export function configProblem(name: SettingName, problem: string, readFrom?: string): ConfigProblem {
  const { example, source } = settings[name];
  return { name, problem, example, source, readFrom };
}
