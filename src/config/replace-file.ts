import { chown, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Replaces a file, or makes it, so that a reader sees the old content or the new one and never half of it, also
 * after a crash or a power cut. Only its owner can read the new file.
 *
 * The temporary file has one fixed name: what a killed process leaves behind holds a secret, and the next write or
 * `removeLeftover` clears it. Two writers at once need a lock around them.
 */
export async function replaceFile(path: string, content: string, owner?: { uid: number; gid: number }) {
  const temporary = temporaryName(path);
  await rm(temporary, { force: true });
  try {
    await createPrivateFile(temporary, content);
    if (owner) await chown(temporary, owner.uid, owner.gid).catch(keepOurs);
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncFolder(dirname(path));
}

/** Writes a new file that only its owner can read, through to the disk. Rejects with EEXIST when there is one already. */
export async function createPrivateFile(path: string, content: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(content);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** Removes what a process that was killed while replacing the file may have left. */
export async function removeLeftover(path: string): Promise<void> {
  await rm(temporaryName(path), { force: true });
}

function temporaryName(path: string): string {
  return `${path}.saving`;
}

/** Only root may give files away; anybody else replaces the file as their own. */
function keepOurs(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EPERM') throw error;
}

/** Makes the rename itself durable. Some systems cannot open a folder; there the rename is as durable as it gets. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  await folder?.sync().catch(() => undefined);
  await folder?.close();
}
