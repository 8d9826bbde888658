import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'dotenv';
import type { SettingsSource } from './settings-reader.ts';

/** Where a program takes its settings from. */
export interface ConfigInput {
  /** Set variables win over the env file. Default: the process's environment, which is read here and nowhere else. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Path of the env file, default `.env` in the working directory; null for none. A missing file is an empty one. */
  readonly envFile?: string | null;
}

/** The environment, then the env file: the order in which a setting is looked up. */
export function settingsSources({ env = process.env, envFile = '.env' }: ConfigInput = {}): SettingsSource[] {
  const environment = { name: 'the environment', values: env };
  return envFile === null ? [environment] : [environment, { name: envFile, values: readEnvFile(envFile) }];
}

/** The values of an env file; none when there is no such file. Throws when it is there but cannot be read. */
export function readEnvFile(path: string): Record<string, string> {
  try {
    return parse(readFileSync(resolve(path)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw error;
  }
}
