import { randomUUID } from 'node:crypto';
import { readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import * as v from 'valibot';
import { explainWriteError, followLinks } from '../../src/config/env-file.ts';
import { replaceFile } from '../../src/config/replace-file.ts';
import type { OAuth2Client, OAuth2ClientInput } from '../../src/launchdarkly/index.ts';
import { RegistrationError } from './context.ts';

/*
 * The journal: a small file next to the env file that lists attempts at a registration which may have left a client at
 * LaunchDarkly. It holds no secrets and is deleted when nothing is left to do.
 */

const attempt = v.object({
  /** Random and unique: knowing it proves who made the attempt. */
  id: v.string(),
  /** Epoch milliseconds. */
  startedAt: v.number(),
  baseUri: v.string(),
  /** The account of the API token, if LaunchDarkly named it. */
  accountId: v.optional(v.string()),
  name: v.string(),
  description: v.string(),
  redirectUri: v.string(),
  /** The client that this one replaces, deleted once this one is saved. */
  replaces: v.optional(v.string()),
  /** Set once id and secret are saved in the env file. */
  saved: v.optional(v.boolean()),
});

const journal = v.pipe(v.string(), v.parseJson(), v.object({ attempts: v.array(attempt) }));

/** One attempt at registering a client, from before the request until everything is cleaned up. */
export type Attempt = v.InferOutput<typeof attempt>;

/** An attempt that begins now. Nothing is written yet. */
export function newAttempt(
  input: Required<OAuth2ClientInput>,
  where: { baseUri: string; accountId?: string | undefined; replaces?: string | undefined },
): Attempt {
  return {
    id: randomUUID(),
    startedAt: Date.now(),
    baseUri: where.baseUri,
    ...(where.accountId && { accountId: where.accountId }),
    ...input,
    ...(where.replaces && { replaces: where.replaces }),
  };
}

/**
 * The description under which a client is registered: the requested one and a mark that identifies the attempt in
 * LaunchDarkly's list. The mark is removed once the secret is saved.
 */
export function markedDescription({ description, id }: Attempt): string {
  return `${description} ${markOf(id)}`.trim();
}

/** Whether this client was registered by this attempt and still carries its mark. */
export function carriesMarkOf(client: OAuth2Client, { id }: Attempt): boolean {
  return client.description.includes(markOf(id));
}

/** Whether this client carries the mark of any attempt, ours or another machine's. */
export function looksUnfinished(client: OAuth2Client): boolean {
  return /\[unfinished registration [\w-]+\]/.test(client.description);
}

function markOf(id: string): string {
  return `[unfinished registration ${id}]`;
}

/** The attempts that are not finished, oldest first. Throws `RegistrationError` (`journal_damaged`). */
export async function readJournal(envFile: string): Promise<Attempt[]> {
  const path = await siblingPath(envFile, '.registration');
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (text === undefined) return [];
  const parsed = v.safeParse(journal, text);
  if (parsed.success) return parsed.output.attempts;
  throw new RegistrationError(
    'journal_damaged',
    `${path} lists registrations that may be unfinished, and cannot be read. Look for clients marked ` +
      '"unfinished registration" with `npm run clients -- list`, delete them, then delete the file.',
  );
}

/** Adds the attempt, or replaces its previous entry; synced to disk when this resolves. */
export async function noteAttempt(envFile: string, attempt: Attempt): Promise<void> {
  const others = (await readJournal(envFile)).filter(({ id }) => id !== attempt.id);
  await writeJournal(envFile, [...others, attempt]);
}

/** Removes an attempt that needs nothing more. */
export async function forgetAttempt(envFile: string, attempt: Attempt): Promise<void> {
  const others = (await readJournal(envFile)).filter(({ id }) => id !== attempt.id);
  await writeJournal(envFile, others);
}

async function writeJournal(envFile: string, attempts: readonly Attempt[]): Promise<void> {
  const path = await siblingPath(envFile, '.registration');
  try {
    if (attempts.length === 0) await rm(path, { force: true });
    else await replaceFile(path, `${JSON.stringify({ attempts }, undefined, 2)}\n`);
  } catch (error) {
    throw explainWriteError(path, error);
  }
}

/** The path of a file that belongs to the env file: next to the file itself, where symbolic links end. */
export async function siblingPath(envFile: string, suffix: '.registration' | '.lock'): Promise<string> {
  return (await followLinks(resolve(envFile))) + suffix;
}
