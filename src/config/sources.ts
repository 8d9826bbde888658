import { resolve } from 'node:path';
import { parse } from 'dotenv';
import { readEnvText } from './read-env-text.ts';
import type { SettingsSource } from './settings-reader.ts';

/** Where a program takes its settings from. */
export interface ConfigInput {
  /** Set variables win over the env file. Default: the process's environment, which is read here and nowhere else. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of the env file, default `.env` in the working directory; null for none. A missing file is an empty one. */
  readonly envFile?: string | null;
  /** What the command line says; it wins over both. */
  readonly flags?: Readonly<Record<string, string | undefined>>;
}

/** The command line, the environment, the env file: the order in which a setting is looked up. */
export function settingsSources(input: ConfigInput = {}): SettingsSource[] {
  const { env = process.env, envFile = '.env', flags } = input;
  const sources = [{ name: 'the environment', values: env }];
  if (flags) sources.unshift({ name: 'the command line', values: flags });
  if (envFile !== null) sources.push({ name: envFile, values: readEnvFile(envFile) });
  return sources;
}

/** Which of these names the process's environment sets to something else than the env file does, and thereby wins. */
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
