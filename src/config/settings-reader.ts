import { resolve } from 'node:path';
import { parse } from 'dotenv';
import { readEnvText } from './env-file.ts';
import type { SettingName } from './settings.ts';
import { settings } from './settings.ts';

/** Where a program takes its settings from. */
export interface ConfigInput {
  /** Takes precedence over the env file. Default: the process's environment, which is read here and nowhere else. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of the env file, default `.env` in the working directory; null for none. A missing file is an empty one. */
  readonly envFile?: string | null;
  /** Values from the command line; they take precedence over both. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
}

/** One thing that is wrong with the settings. The value is quoted only where it is not a secret. */
export interface ConfigProblem {
  readonly name: SettingName;
  /** What is wrong, as the rest of a sentence that begins with the name: "is missing", "must be …". */
  readonly problem: string;
  /** A valid value. */
  readonly example: string;
  /** Where to get a valid value: a command, a page, a decision. */
  readonly source: string;
  /** Where the wrong value was read: a file's path or `the environment`; undefined when the setting is missing. */
  readonly readFrom?: string | undefined;
}

/** Everything that is wrong with the settings, reported together. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** For a program that ends because of it. */
  readonly exitCode = 2;
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const count = problems.length === 1 ? 'One setting needs' : `${problems.length} settings need`;
    super([`${count} attention:`, ...problems.map(describeProblem)].join('\n\n'));
    this.problems = problems;
  }
}

function describeProblem({ name, problem, example, source, readFrom }: ConfigProblem): string {
  const lines = [`  ${name} ${problem}`, `    for example: ${name}=${example}`, `    comes from:  ${source}`];
  if (readFrom) lines.push(`    was read in: ${readFrom}`);
  return lines.join('\n');
}

/** Turns text into a value, or throws an Error whose message continues "NAME …". */
type Parse<T> = (text: string) => T;

/** Spaces at either end may be part of these (RFC 6749, appendix A.1 and A.2). */
const keepsSpaces: ReadonlySet<string> = new Set(['LD_OAUTH_CLIENT_ID', 'LD_OAUTH_CLIENT_SECRET']);

/** Reads settings and collects what is wrong with them, so that everything is reported at once. */
export class SettingsReader {
  readonly problems: ConfigProblem[] = [];
  readonly #sources: readonly { name: string; values: Readonly<Record<string, string | undefined>> }[];

  /** Looks each setting up on the command line, in the environment, in the env file, in this order. */
  constructor({ env = process.env, envFile = '.env', flags = {} }: ConfigInput = {}) {
    this.#sources = [
      { name: 'the command line', values: flags },
      { name: 'the environment', values: env },
      ...(envFile === null ? [] : [{ name: envFile, values: readEnvFile(envFile) }]),
    ];
  }

  /** The text of a setting; an empty one counts as unset. Surrounding spaces are removed, unless they may be part of it. */
  text(name: SettingName): string | undefined {
    const text = this.#find(name)?.values[name];
    return keepsSpaces.has(name) ? text?.replace(/[\r\n]+$/, '') : text?.trim();
  }

  /** The parsed value; `fallback` when unset or wrong. */
  optional<T>(name: SettingName, parse: Parse<T>, fallback: T): T {
    const text = this.text(name);
    if (text === undefined) return fallback;
    try {
      return parse(text);
    } catch (error) {
      this.addProblem(name, (error as Error).message);
      return fallback;
    }
  }

  /** The parsed value; unset is a problem too. `fallback` is used only until the problems are reported. */
  required<T>(name: SettingName, parse: Parse<T>, fallback: T): T {
    if (this.text(name) === undefined) this.addProblem(name, 'is missing.');
    return this.optional(name, parse, fallback);
  }

  /** Records a problem, with the example and the source of the setting. */
  addProblem(name: SettingName, problem: string): void {
    this.problems.push({ name, problem, ...settings[name], readFrom: this.#find(name)?.name });
  }

  /** Throws `ConfigError` if anything was wrong. */
  finish(): void {
    if (this.problems.length > 0) throw new ConfigError(this.problems);
  }

  #find(name: SettingName) {
    return this.#sources.find((source) => source.values[name]?.trim());
  }
}

/** Which of these names the process's environment sets to something other than the env file does, and so overrides. */
export function overriddenByEnvironment(
  names: readonly string[],
  { env = process.env, envFile = '.env' }: ConfigInput = {},
): string[] {
  const inFile = envFile === null ? {} : readEnvFile(envFile);
  return names.filter((name) => env[name]?.trim() && env[name]?.trim() !== inFile[name]?.trim());
}

/** The values of an env file; none when there is no such file. Throws `EnvFileError` when it cannot be read. */
export function readEnvFile(path: string): Record<string, string> {
  return parse(readEnvText(resolve(path), path)?.text ?? '');
}
