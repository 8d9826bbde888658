import { mkdir, readlink, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EnvFileError } from './env-file-error.ts';
import { editEnvText } from './env-text.ts';
import { readEnvText } from './read-env-text.ts';
import { removeLeftover, replaceFile } from './replace-file.ts';

export type { EnvFileReason } from './env-file-error.ts';
export { EnvFileError } from './env-file-error.ts';

/** What a write did to an env file. */
export interface EnvFileUpdate {
  /** The file itself: where symbolic links end. */
  readonly file: string;
  readonly created: boolean;
  /** The permissions it had, e.g. `0644`, when others could read it; it is 0600 now. */
  readonly tightenedFrom?: string;
}

/**
 * Sets values in an env file atomically and durably, and leaves everything else in it as it was. The file ends
 * private (0600); it and its folder are made when missing; a symbolic link stays one.
 * A file that is as it should be is not written, unless `rewrite` says so.
 * Throws `EnvFileError` and leaves the file untouched. Without a lock, two writers at once lose one's values.
 */
export async function updateEnvFile(
  path: string,
  values: Readonly<Record<string, string>>,
  { rewrite = false } = {},
): Promise<EnvFileUpdate> {
  const file = await followLinks(resolve(path));
  try {
    await mkdir(dirname(file), { recursive: true });
    const existing = readExisting(file, path);
    const text = editEnvText(existing?.text ?? '', values);
    const asItShouldBe = existing?.text === text && isPrivate(existing.mode);
    if (asItShouldBe && !rewrite) await removeLeftover(file);
    else await replaceFile(file, text, existing?.owner);
    return {
      file,
      created: existing === undefined,
      ...(existing && !isPrivate(existing.mode) ? { tightenedFrom: octal(existing.mode) } : {}),
    };
  } catch (error) {
    throw explainWriteError(path, error);
  }
}

/**
 * Does all of a later `updateEnvFile` that can be done before its values are known: an existing file is written
 * anew as it is, and a name that is set twice is refused. What works here can hardly fail a moment later.
 * Throws `EnvFileError`.
 */
export async function rehearseEnvFile(path: string, names: readonly string[]): Promise<EnvFileUpdate | undefined> {
  const file = await followLinks(resolve(path));
  try {
    await mkdir(dirname(file), { recursive: true });
    await removeLeftover(file);
    const existing = readExisting(file, path);
    if (!existing) return undefined;
    editEnvText(existing.text, Object.fromEntries(names.map((name) => [name, 'a value to come'])));
  } catch (error) {
    throw explainWriteError(path, error);
  }
  return updateEnvFile(path, {}, { rewrite: true });
}

/** Where an env file really is: its path with every symbolic link followed, also when there is no file yet. */
export async function followLinks(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < 40; links++) {
    const folder = await realpath(dirname(at)).catch(() => dirname(at));
    const target = await readlink(at).catch(() => undefined);
    if (target === undefined) return join(folder, basename(at));
    at = resolve(folder, target);
  }
  return path; // a circle: whatever is done with it fails with ELOOP
}

function readExisting(file: string, path: string) {
  const found = readEnvText(file, path);
  if (!found) return undefined;
  const { text, stat } = found;
  if ((stat.mode & 0o200) === 0) {
    throw new EnvFileError('read_only', `${path} is read-only (${octal(stat.mode)}). To allow it: chmod u+w ${file}`);
  }
  return { text, mode: stat.mode, owner: { uid: stat.uid, gid: stat.gid } };
}

/** Readable by its owner alone. */
function isPrivate(mode: number): boolean {
  return (mode & 0o077) === 0;
}

function octal(mode: number): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

/** Every failure names the file; what the system said becomes a sentence. */
export function explainWriteError(path: string, error: unknown): EnvFileError {
  if (error instanceof EnvFileError) {
    const { reason, message, cause } = error;
    if (reason === 'unreadable') return explainWriteError(path, cause);
    return message.startsWith(path) ? error : new EnvFileError(reason, `${path} was left as it is. ${message}`, error);
  }
  const code = (error as NodeJS.ErrnoException).code || 'unknown error';
  const why = systemErrors[code] ?? 'The system refused.';
  return new EnvFileError('not_writable', `${path} cannot be written (${code}). ${why}`, error);
}

const systemErrors: Readonly<Record<string, string>> = {
  EACCES: 'You may not write in its folder.',
  EPERM: 'You may not write in its folder.',
  EROFS: 'It is on a file system that is mounted read-only.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'Your disk quota is used up.',
  ENOTDIR: 'A part of its path is a file, not a folder.',
  EEXIST: 'A part of its path is a file, not a folder.',
  SQLITE_CANTOPEN: 'You may not write in its folder.',
  EBUSY: 'It is a mount of its own (a container mounts it?); mount its folder instead.',
  ELOOP: 'Its symbolic links go round in a circle.',
  ENAMETOOLONG: 'Its name is too long.',
};
