import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { SandboxError } from './sandbox-error.ts';

/** One JSON document in a directory of ours, written whole or not at all. */
export interface StateFile {
  /** The document as it was last saved; `undefined` when there is none. Throws when it cannot be read. */
  read(): Promise<unknown>;
  /** Saves what `snapshot` gives. Calls that come while a write runs share the next one. */
  save(snapshot: () => unknown): Promise<void>;
}

/** Opens `state.json` in `directory`, which is made when missing (mode 0700; the file is 0600). */
export async function openStateFile(directory: string): Promise<StateFile> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const path = join(directory, 'state.json');
  let running: Promise<void> = Promise.resolve();
  let waiting: Promise<void> | undefined;
  return {
    read: () => readDocument(path),
    save(snapshot) {
      waiting ??= running
        .catch(() => {})
        .then(() => {
          waiting = undefined;
          running = writeDocument(path, snapshot());
          return running;
        });
      return waiting;
    },
  };
}

async function readDocument(path: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new SandboxError(
      `${path} is not the sandbox's state: it is no JSON. Delete it, or choose another data directory.`,
      {
        cause,
      },
    );
  }
}

/** Beside its target, flushed, then renamed over it: a process that dies in between leaves the old document in place. */
async function writeDocument(path: string, document: unknown): Promise<void> {
  const temporary = `${path}.${process.pid}.tmp`;
  const file = await open(temporary, 'w', 0o600);
  try {
    await file.writeFile(JSON.stringify(document));
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

function isMissing(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'code' in error && error.code === 'ENOENT';
}
