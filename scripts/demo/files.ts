/** The files of the demo, and what to do when they cannot be used. */

import { rmSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';

export const demoFolder = '.data/demo';
export const envFile = `${demoFolder}/.env`;
const noteFile = `${demoFolder}/running.json`;

/** The demo cannot use its files; the message says what to do. */
export class DemoFilesError extends Error {
  override readonly name = 'DemoFilesError';
  readonly exitCode = 1;
}

/** Throws `DemoFilesError`. */
export async function makeFolder(): Promise<void> {
  try {
    await mkdir(demoFolder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw notWritable(error as NodeJS.ErrnoException);
  }
}

/** Runs a task that reads and writes the demo's files. Its errors speak of settings that the demo does not have. */
export async function explainingFiles<T>(task: () => Promise<T>): Promise<T> {
  try {
    return await task();
  } catch (error) {
    const { name, code = '', message } = error as NodeJS.ErrnoException;
    if (notWritableCodes.has(code)) throw notWritable(error as NodeJS.ErrnoException);
    if (!ownErrors.has(name)) throw error;
    const [first = message] = message.replaceAll(/\s+/g, ' ').split(/(?<=\.) /);
    throw new DemoFilesError(
      `A file of the demo cannot be used: ${first} Delete ${resolve(demoFolder)} and run the demo again.`,
      { cause: error },
    );
  }
}

const notWritableCodes = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EISDIR', 'ENOSPC']);
const ownErrors = new Set(['ConfigError', 'EnvFileError', 'RegistrationError', 'SandboxError', 'SessionStoreError']);

function notWritable(cause: NodeJS.ErrnoException): DemoFilesError {
  return new DemoFilesError(
    `The demo cannot write to ${resolve(demoFolder)} (${cause.code}). Delete it or make it yours, or run the demo in a copy of the project that you may write to.`,
    { cause },
  );
}

/** Where a demo runs. */
export interface RunningDemo {
  readonly pid: number;
  readonly app: string;
  readonly appPort: number;
  readonly sandbox: string;
}

/** Lets a second demo in this folder say where the first one is. */
export async function noteRunning(at: Omit<RunningDemo, 'pid'>): Promise<void> {
  await writeFile(noteFile, JSON.stringify({ ...at, pid: process.pid }));
}

export function removeNote(): void {
  rmSync(noteFile, { force: true });
}

/** The demo that runs in this folder. */
export async function runningDemo(): Promise<RunningDemo | undefined> {
  try {
    const note: RunningDemo = JSON.parse(await readFile(noteFile, 'utf8'));
    process.kill(note.pid, 0); // throws when there is no such process
    return note;
  } catch {
    return undefined;
  }
}
