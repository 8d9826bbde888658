import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { parse } from 'dotenv';
import { readEnvText } from './env-file.ts';
import { isSocks } from './parsers.ts';
import type { SettingName } from './settings.ts';
import { settings } from './settings.ts';
import { isInContainer } from './surroundings.ts';

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

  /** @param missingEnvFile path of the env file, if there is none. */
  constructor(problems: readonly ConfigProblem[], missingEnvFile?: string) {
    super(missingEnvFile === undefined ? describe(problems) : describeWithoutFile(problems, missingEnvFile));
    this.problems = problems;
  }
}

function describe(problems: readonly ConfigProblem[]): string {
  const count = problems.length === 1 ? 'One setting needs' : `${problems.length} settings need`;
  return [`${count} attention:`, ...problems.map(describeProblem)].join('\n\n');
}

/** With nothing set at all, the list of missing settings would hide the one thing to do. */
function describeWithoutFile(problems: readonly ConfigProblem[], path: string): string {
  const missing = `There is no ${basename(path)} at ${resolve(path)} yet.`;
  if (problems.some(({ readFrom }) => readFrom !== undefined)) return `${missing} ${describe(problems)}`;
  const next = 'Run `npm run bootstrap`, or `npm run demo` to try it without an account.';
  const container = isInContainer()
    ? ' In a container pass the file that bootstrap wrote: docker run --env-file .env'
    : '';
  return `${missing} ${next}${container}`;
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

/** Other names of a setting, looked up in the same source after its own. ALL_PROXY is what curl reads last. */
const otherNames: Partial<Record<SettingName, readonly string[]>> = {
  HTTPS_PROXY: ['https_proxy', 'ALL_PROXY', 'all_proxy'],
  NO_PROXY: ['no_proxy'],
};

/** Word processors and chat programs replace plain quotes with these. No setting begins or ends with one. */
const typographicQuotes = /^[“”„‟‘’‚‛«»]|[“”„‟‘’‚‛«»]$/;

/** Reads settings and collects what is wrong with them, so that everything is reported at once. */
export class SettingsReader {
  readonly problems: ConfigProblem[] = [];
  readonly #sources: readonly { name: string; values: Readonly<Record<string, string | undefined>> }[];
  /** Path of the env file, if there is none. */
  readonly missingEnvFile: string | undefined;

  /** Looks each setting up on the command line, in the environment, in the env file, in this order. */
  constructor({ env = process.env, envFile = '.env', flags = {} }: ConfigInput = {}) {
    this.#sources = [
      { name: 'the command line', values: flags },
      { name: 'the environment', values: env },
      ...(envFile === null ? [] : [{ name: envFile, values: readEnvFile(envFile) }]),
    ];
    this.missingEnvFile = envFile === null || existsSync(envFile) ? undefined : envFile;
  }

  /** The text of a setting; an empty one counts as unset. Surrounding spaces are removed, unless they may be part of it. */
  text(name: SettingName): string | undefined {
    const found = this.#find(name)?.text.replace(/^\uFEFF/, '');
    const text = keepsSpaces.has(name) ? found?.replace(/[\r\n]+$/, '') : found?.trim();
    if (text === undefined || !typographicQuotes.test(text.trim())) return text;
    this.addProblem(name, 'is in typographic quotes, as word processors write them. Use plain quotes, or none.');
    return undefined;
  }

  /** Where a setting was read: a file's path or `the environment`; undefined when it is not set. */
  origin(name: SettingName): string | undefined {
    return this.#find(name)?.from;
  }

  /** The parsed value; `fallback` when unset or wrong. */
  optional<T>(name: SettingName, parse: Parse<T>): T | undefined;
  optional<T>(name: SettingName, parse: Parse<T>, fallback: NoInfer<T>): T;
  optional<T>(name: SettingName, parse: Parse<T>, fallback?: T): T | undefined {
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
  required<T>(name: SettingName, parse: Parse<T>, fallback: NoInfer<T>): T {
    if (!this.#find(name)) this.addProblem(name, 'is missing.');
    return this.optional(name, parse, fallback);
  }

  /** Records a problem, with the example and the source of the setting. */
  addProblem(name: SettingName, problem: string): void {
    if (this.problems.some((known) => known.name === name && known.problem === problem)) return;
    this.problems.push({ name, problem, ...settings[name], readFrom: this.origin(name) });
  }

  #find(name: SettingName): { text: string; from: string } | undefined {
    for (const { name: source, values } of this.#sources) {
      const variable = [name, ...(otherNames[name] ?? [])].find((variable) => isUsable(variable, values[variable]));
      if (variable === undefined) continue;
      return { text: values[variable] ?? '', from: variable === name ? source : `${source}, as ${variable}` };
    }
    return undefined;
  }
}

/** What `read` makes of the settings. Throws `ConfigError` if anything is wrong with them. */
export function readSettings<T>(input: ConfigInput | undefined, read: (settings: SettingsReader) => T): T {
  const settings = new SettingsReader(input);
  const config = read(settings);
  if (settings.problems.length > 0) throw new ConfigError(settings.problems, settings.missingEnvFile);
  return config;
}

/** ALL_PROXY is meant for every program; a SOCKS proxy in it must not stop this one, which does not support it. */
function isUsable(variable: string, text: string | undefined): boolean {
  return Boolean(text?.trim()) && !(/^all_proxy$/i.test(variable) && isSocks(text ?? ''));
}

/** Which of these names the process's environment sets to something other than the env file does, and so overrides. */
export function overriddenByEnvironment(names: readonly string[], envFile: string): string[] {
  const { env } = process;
  const inFile = readEnvFile(envFile);
  return names.filter((name) => env[name]?.trim() && env[name]?.trim() !== inFile[name]?.trim());
}

/** The values of an env file; none when there is no such file. Throws `EnvFileError` when it cannot be read. */
export function readEnvFile(path: string): Record<string, string> {
  return parse(readEnvText(resolve(path), path)?.text ?? '');
}
