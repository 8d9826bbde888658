/** Which CAs `npm run trust` has introduced, so that `--undo` takes back just those, also after a new one was made. */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../config/replace-file.ts';

/** What it takes to find a CA in a list again. */
export interface TrustedAuthority {
  readonly name: string;
  readonly sha1: string;
}

/** The record kept beside the certificate in `directory`; empty when there is none. */
export async function readTrustRecord(directory: string): Promise<TrustedAuthority[]> {
  const text = await readFile(fileIn(directory), 'utf8').catch(() => '[]');
  try {
    const entries: unknown = JSON.parse(text);
    return Array.isArray(entries) ? entries.filter(isEntry).map(({ name, sha1 }) => ({ name, sha1 })) : [];
  } catch {
    return []; // damaged: the CA in use is found without it
  }
}

/** Replaces the record. */
export async function writeTrustRecord(directory: string, entries: readonly TrustedAuthority[]): Promise<void> {
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
