import type { Stats } from 'node:fs';
import { readFileSync, statSync } from 'node:fs';
import { EnvFileError } from './env-file-error.ts';

/**
 * The text of an env file and what the system says about it; undefined when there is none. Only a regular file is
 * opened: anything else may be endless, or wait for ever.
 * @param path absolute.
 * @param shown how the message names it.
 * Throws `EnvFileError`: `not_a_file`, `not_utf8`, `unreadable`.
 */
export function readEnvText(path: string, shown: string): { text: string; stat: Stats } | undefined {
  const found = attempt(shown, () => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat && !stat.isFile()) {
      throw new EnvFileError(
        'not_a_file',
        `${shown} cannot be read: there is ${kindOf(stat)} in its place. ${adviceFor(stat)}`,
      );
    }
    return stat && { stat, bytes: readFileSync(path) };
  });
  return found && { stat: found.stat, text: decoded(found.bytes, shown) };
}

function attempt<T>(shown: string, task: () => T): T | undefined {
  try {
    return task();
  } catch (error) {
    if (error instanceof EnvFileError) throw error;
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    const why = readErrors[code] ?? 'Check that it is a file that you may read, and its folder too.';
    throw new EnvFileError('unreadable', `${shown} cannot be read (${code}). ${why}`, error);
  }
}

const readErrors: Readonly<Record<string, string>> = {
  EACCES: 'You may not read it, or its folder. Make it yours (chown), or allow it (chmod u+r).',
  EPERM: 'You may not read it, or its folder. Make it yours (chown), or allow it (chmod u+r).',
  ENOTDIR: 'A part of its path is a file, not a folder.',
  ELOOP: 'Its symbolic links go round in a circle.',
};

function kindOf(stat: Stats): string {
  if (stat.isDirectory()) return 'a folder';
  if (stat.isFIFO()) return 'a named pipe (FIFO)';
  if (stat.isSocket()) return 'a socket';
  return 'a device';
}

function adviceFor(stat: Stats): string {
  return stat.isDirectory()
    ? 'Docker makes one when a file to be mounted is missing. Remove the folder, then write the file.'
    : 'Put a file there, or set everything in the environment.';
}

/** PowerShell's `>` writes UTF-16, which reads as nonsense and not as an error. */
function decoded(bytes: Buffer, shown: string): string {
  const text = bytes.toString('utf8');
  const utf16 = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (!utf16 && !text.includes('\0') && Buffer.from(text).equals(bytes)) return text;
  const what = utf16 || text.includes('\0') ? 'UTF-16, as PowerShell writes it' : 'not UTF-8 text';
  throw new EnvFileError('not_utf8', `${shown} cannot be read: it is ${what}. Save it as UTF-8.`);
}
