import { chown, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Creates or replaces a file so that readers see either the old content or the new one, even after a crash or a power
 * cut. Only its owner can read the new file.
 *
 * The temporary file has a fixed name: a killed process may leave one behind with a secret in it, and the next write or
 * `removeLeftover` deletes it. Concurrent writers need a lock.
 */
export async function replaceFile(path: string, content: string, owner?: { uid: number; gid: number }) {
  const temporary = temporaryName(path);
  await rm(temporary, { force: true });
  try {
    await createPrivateFile(temporary, content);
    if (owner) await chown(temporary, owner.uid, owner.gid).catch(ignoreNotPermitted);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Writes a new file that only its owner can read, and syncs it to disk. Rejects with EEXIST when it exists already. */
export async function createPrivateFile(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes what a process that was killed while replacing the file may have left behind. */
export async function removeLeftover(path: string): Promise<void> {
  await rm(temporaryName(path), { force: true });
}

function temporaryName(path: string): string {
  return `${path}.saving`;
}

/** Only root may change a file's owner; for everyone else the new file is their own. */
function ignoreNotPermitted(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPERM') throw error;
}

/** Makes the rename itself durable, on systems that can open a folder. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
