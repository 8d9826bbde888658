import { readFile, rm } from 'node:fs/promises';
import * as v from 'valibot';
import { explainWriteError } from '../config/env-file.ts';
import { replaceFile } from '../config/replace-file.ts';
import type { Attempt } from './attempt.ts';
import { attemptsSchema } from './attempt.ts';
import { fileBeside } from './file-beside.ts';
import { RegistrationError } from './registration-error.ts';

/*
 * The journal: a small file beside the env file that lists the attempts at a registration which may have left
 * something at LaunchDarkly. It holds no secrets and is gone when there is nothing left to do.
 */

/** The attempts that are not settled, oldest first. Throws `RegistrationError` (`journal_damaged`). */
export async function readJournal(envFile: string): Promise<Attempt[]> {
  const path = await fileBeside(envFile, suffix);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const parsed = v.safeParse(attemptsSchema, parse(text));
  if (parsed.success) return parsed.output.attempts;
  throw new RegistrationError(
    'journal_damaged',
    `${path} says which registrations may be unfinished, and cannot be read. Look for clients marked ` +
      '"unfinished registration" with `npm run clients -- list`, delete them, then delete the file.',
  );
}

/** Adds the attempt, or replaces what was known about it; safe on disk when this returns. */
export async function noteAttempt(envFile: string, attempt: Attempt): Promise<void> {
  const others = (await readJournal(envFile)).filter(({ id }) => id !== attempt.id);
  await write(envFile, [...others, attempt]);
}

/** Nothing of this attempt is left to do. */
export async function forgetAttempt(envFile: string, attempt: Attempt): Promise<void> {
  await write(
    envFile,
    (await readJournal(envFile)).filter(({ id }) => id !== attempt.id),
  );
}

const suffix = '.registration';

async function write(envFile: string, attempts: readonly Attempt[]): Promise<void> {
  const path = await fileBeside(envFile, suffix);
  try {
    if (attempts.length === 0) await rm(path, { force: true });
    else await replaceFile(path, `${JSON.stringify({ attempts }, undefined, 2)}\n`);
  } catch (error) {
    throw explainWriteError(path, error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
