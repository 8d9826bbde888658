import type { Stats } from 'node:fs';
import { readFileSync, statSync } from 'node:fs';
import { mkdir, readlink, realpath, rm, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { EnvFileError, editEnvText } from './env-text.ts';
import { createPrivateFile, removeLeftover, replaceFile } from './replace-file.ts';

export type { EnvFileReason } from './env-text.ts';
export { EnvFileError } from './env-text.ts';

/** What a write did to an env file. */
export interface EnvFileUpdate {
  /** The file itself: where symbolic links end. */
  readonly file: string;
  readonly created: boolean;
  /** Its previous permissions, e.g. `0644`, when others could read it; they are 0600 now. */
  readonly tightenedFrom?: string;
  /** Its permissions, e.g. `0777`, when others can still read it: the file system stores no permissions. */
  readonly stillReadable?: string;
}

/**
 * Sets values in an env file atomically and durably, and leaves the rest of it unchanged. The file ends up private
 * (0600); it and its folder are created when missing; a symbolic link stays one. A file that needs no change is not
 * written. Throws `EnvFileError` and leaves the file untouched. Needs a lock: of two concurrent writers one loses its values.
 */
export async function updateEnvFile(path: string, values: Readonly<Record<string, string>>): Promise<EnvFileUpdate> {
  return explainFailure(path, async () => {
    const { file, existing } = await openForWriting(path);
    const text = editEnvText(existing?.text ?? '', values);
    if (existing?.text === text && isPrivate(existing.stat)) return { file, created: false };
    return write(file, existing, text);
  });
}

/**
 * Does as much of a later `updateEnvFile` as possible before its values are known: rewrites an existing file as it is,
 * and refuses a name that is set twice. Throws `EnvFileError`. Resolves to undefined when there is no file yet.
 */
export async function checkEnvFileWritable(path: string, names: readonly string[]): Promise<EnvFileUpdate | undefined> {
  return explainFailure(path, async () => {
    const { file, existing } = await openForWriting(path);
    if (!existing) return undefined;
    editEnvText(existing.text, Object.fromEntries(names.map((name) => [name, 'any value'])));
    return write(file, existing, existing.text);
  });
}

/** The path of an env file with every symbolic link followed, even when the file does not exist yet. */
export async function followLinks(path: string): Promise<string> {
  let at = path;
  for (let links = 0; links < 40; links++) {
    const folder = await realpath(dirname(at)).catch(() => dirname(at));
    const target = await readlink(at).catch(() => undefined);
    if (target === undefined) return join(folder, basename(at));
    at = resolve(folder, target);
  }
  return path; // a circle of links: every use of it fails with ELOOP
}

/**
 * The text of an env file and its `Stats`; undefined when there is none. Only a regular file is opened: reading
 * anything else may never end.
 * @param path absolute.
 * @param shown how messages name it.
 * Throws `EnvFileError`: `not_a_file`, `not_utf8`, `unreadable`.
 */
export function readEnvText(path: string, shown: string): { text: string; stat: Stats } | undefined {
  try {
    const stat = statSync(path);
    if (!stat.isFile()) {
      const problem = `${shown} cannot be read: there is ${kindOf(stat)} in its place.`;
      throw new EnvFileError('not_a_file', `${problem} ${adviceFor(stat)}`);
    }
    return { stat, text: decode(readFileSync(path), shown) };
  } catch (error) {
    if (error instanceof EnvFileError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const why = /^(EACCES|EPERM)$/.test(code)
      ? 'You may not read it, or its folder. Make it yours (chown), or allow it (chmod u+r).'
      : (systemErrors[code] ?? 'Check that you may read the file and its folder.');
    throw new EnvFileError('unreadable', `${shown} cannot be read (${code}). ${why}`, error);
  }
}

/** The `EnvFileError` for a failed write: names the file, and says in a sentence what the system reported. */
export function explainWriteError(path: string, error: unknown): EnvFileError {
  if (error instanceof EnvFileError) {
    const { reason, message, cause } = error;
    if (reason === 'unreadable') return explainWriteError(path, cause);
    return message.startsWith(path) ? error : new EnvFileError(reason, `${path} was not changed. ${message}`, error);
  }
  const code = (error as NodeJS.ErrnoException).code || 'unknown error';
  const why = systemErrors[code] ?? 'The system refused.';
  return new EnvFileError('not_writable', `${path} cannot be written (${code}). ${why}`, error);
}

const systemErrors: Readonly<Record<string, string>> = {
  EACCES: 'You may not write in its folder.',
  EPERM: 'You may not write in its folder.',
  SQLITE_CANTOPEN: 'You may not write in its folder.',
  EROFS: 'It is on a file system that is mounted read-only.',
  ENOSPC: 'The disk is full.',
  EDQUOT: 'Your disk quota is used up.',
  ENOTDIR: 'A part of its path is a file, not a folder.',
  EEXIST: 'A part of its path is a file, not a folder.',
  EBUSY: 'The file itself is mounted, perhaps into a container; mount its folder instead.',
  ELOOP: 'Its symbolic links form a circle.',
  ENAMETOOLONG: 'Its name is too long.',
};

async function explainFailure<T>(path: string, task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    throw explainWriteError(path, error);
  }
}

async function openForWriting(path: string) {
  const file = await followLinks(resolve(path));
  await mkdir(dirname(file), { recursive: true });
  await removeLeftover(file);
  const existing = readEnvText(file, path);
  if (existing && (existing.stat.mode & 0o200) === 0) {
    const mode = octal(existing.stat);
    throw new EnvFileError('read_only', `${path} is read-only (${mode}). To make it writable: chmod u+w ${file}`);
  }
  return { file, existing };
}

async function write(file: string, existing: { stat: Stats } | undefined, text: string): Promise<EnvFileUpdate> {
  await replaceFile(file, text, existing?.stat);
  const after = await stat(file);
  return {
    file,
    created: existing === undefined,
    ...(!isPrivate(after) && { stillReadable: octal(after) }),
    ...(existing && !isPrivate(existing.stat) && isPrivate(after) && { tightenedFrom: octal(existing.stat) }),
  };
}

/** Whether only its owner can read a file. Windows keeps its permissions elsewhere. */
export function isPrivate({ mode }: { readonly mode: number }): boolean {
  return process.platform === 'win32' || (mode & 0o077) === 0;
}

/** Whether the file system of a file stores permissions. Some do not, such as CIFS and WSL's Windows drives. */
export async function storesPermissions(path: string): Promise<boolean> {
  const probe = `${await followLinks(resolve(path))}.probe`;
  try {
    await createPrivateFile(probe, '');
    return isPrivate(await stat(probe));
  } catch {
    return true; // nothing can be written here, so chmod is worth a try
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/** The permissions of a file as `chmod` takes them, e.g. `0644`. */
export function octal({ mode }: { readonly mode: number }): string {
  return (mode & 0o777).toString(8).padStart(4, '0');
}

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a named pipe (FIFO)';
  return stat.isSocket() ? 'a socket' : 'a device';
}

function adviceFor(stat: Stats): string {
  return stat.isDirectory()
    ? 'Docker creates one when a file to be mounted is missing. Remove the folder, then write the file.'
    : 'Put a file there, or set everything in the environment.';
}

/** PowerShell's `>` writes UTF-16, which would otherwise be read as garbage instead of being reported. */
function decode(bytes: Buffer, shown: string): string {
  const text = bytes.toString('utf8');
  const utf16 = text.includes('\0') || ['fffe', 'feff'].includes(bytes.subarray(0, 2).toString('hex'));
  if (!utf16 && Buffer.from(text).equals(bytes)) return text;
  const what = utf16 ? 'UTF-16, as PowerShell writes it' : 'not UTF-8 text';
  throw new EnvFileError('not_utf8', `${shown} cannot be read: it is ${what}. Save it as UTF-8.`);
}
