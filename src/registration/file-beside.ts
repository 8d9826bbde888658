import { resolve } from 'node:path';
import { followLinks } from '../config/env-file.ts';

/** The path of a companion of the env file: beside the file itself, wherever symbolic links lead to it from. */
export async function fileBeside(envFile: string, suffix: string): Promise<string> {
  return (await followLinks(resolve(envFile))) + suffix;
}
