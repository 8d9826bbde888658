/**
 * How the local certificate is stored. `certificate-<n>.pem` holds key, certificate and CA together, so that a crash
 * cannot leave a key with a certificate it does not belong to. A new one gets the next number and is created
 * exclusively: of several processes one succeeds and the others read its file, without a lock that a killed process
 * could leave behind. `ca.pem` is a copy of the CA certificate for other programs.
 */
import { createPrivateKey, randomBytes, X509Certificate } from 'node:crypto';
import { chmod, link, mkdir, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createPrivateFile } from '../config/replace-file.ts';
import type { CertificatePair } from './make-certificate.ts';

/** Why the local certificate cannot be created, read or stored; the message says what to do. */
export class LocalCertificateError extends Error {
  override readonly name = 'LocalCertificateError';
  /** For a program that ends because of it. */
  readonly exitCode = 1;
  readonly code = 'LOCAL_CERTIFICATE_FAILED';
}

/** The certificate stored in a directory. */
export interface CertificateFile {
  readonly number: number;
  readonly file: string;
  readonly caFile: string;
  /** Missing when the file is damaged. */
  readonly pair?: CertificatePair;
}

/** The newest certificate file in `directory`; undefined when there is none. Throws `LocalCertificateError` when it cannot be read. */
export async function latestCertificateFile(directory: string): Promise<CertificateFile | undefined> {
  const number = Math.max(0, ...(await storedNumbers(directory)));
  if (number === 0) return undefined;
  const file = fileOf(directory, number);
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return undefined; // replaced by another process since it was listed
    throw unusable(directory, 'read', cause);
  });
  if (text === undefined) return latestCertificateFile(directory);
  await makePrivate(file, 0o600);
  await makePrivate(directory, 0o700);
  const pair = parsePair(text);
  const caFile = resolve(directory, 'ca.pem');
  if (pair) await keepCopy(directory, caFile, pair.ca);
  return { number, file, caFile, ...(pair ? { pair } : {}) };
}

/**
 * Stores `pair` as the successor of `previous`. Resolves to false when another process was faster; then read again.
 * Throws `LocalCertificateError` when the directory cannot be written.
 */
export async function keepCertificateFile(
  directory: string,
  previous: CertificateFile | undefined,
  pair: CertificatePair,
): Promise<boolean> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await makePrivate(directory, 0o700);
    const file = fileOf(directory, (previous?.number ?? 0) + 1);
    const created = await createExclusively(directory, file, pair.key + pair.cert + pair.ca);
    if (created && previous) await rm(previous.file, { force: true });
    return created;
  } catch (cause) {
    throw unusable(directory, 'written', cause);
  }
}

async function storedNumbers(directory: string): Promise<number[]> {
  const names = await readdir(directory).catch((cause: unknown) => {
    if (codeOf(cause) === 'ENOENT') return [];
    throw unusable(directory, 'read', cause);
  });
  return names.flatMap((name) => /^certificate-(\d{1,9})\.pem$/.exec(name)?.[1] ?? []).map(Number);
}

/** Creates the file with all of its content at once; `link` fails with EEXIST rather than replace one. */
async function createExclusively(directory: string, file: string, text: string): Promise<boolean> {
  const draft = await writeDraft(directory, text);
  try {
    await link(draft, file);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    await rename(draft, file); // file systems without hard links: the last process wins
    return true;
  } finally {
    await rm(draft, { force: true });
  }
}

async function keepCopy(directory: string, caFile: string, ca: string): Promise<void> {
  if ((await readFile(caFile, 'utf8').catch(() => '')) === ca) return;
  try {
    await rename(await writeDraft(directory, ca), caFile);
  } catch (cause) {
    throw unusable(directory, 'written', cause);
  }
}

async function writeDraft(directory: string, text: string): Promise<string> {
  const draft = join(directory, `.${randomBytes(6).toString('hex')}.tmp`);
  await createPrivateFile(draft, text);
  return draft;
}

function parsePair(text: string): CertificatePair | undefined {
  const blocks = text.match(/-----BEGIN ([A-Z ]+)-----[^-]+-----END \1-----\n/g);
  if (blocks?.length !== 3) return undefined;
  const [key = '', cert = '', ca = ''] = blocks;
  try {
    const leaf = new X509Certificate(cert);
    const authority = new X509Certificate(ca);
    const belong = leaf.checkPrivateKey(createPrivateKey(key)) && leaf.verify(authority.publicKey) && authority.ca;
    return belong ? { key, cert, ca } : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Keeps other users of this machine from reading the key, even if the files were copied. Fails on a read-only disk, on a
 * volume that belongs to someone else and on file systems without permissions; the certificate can still be used.
 */
async function makePrivate(path: string, mode: number): Promise<void> {
  await chmod(path, mode).catch(() => undefined);
}

function fileOf(directory: string, number: number): string {
  return join(directory, `certificate-${number}.pem`);
}

function unusable(directory: string, verb: 'read' | 'written', cause: unknown): LocalCertificateError {
  return new LocalCertificateError(
    `The directory of the local certificate, ${resolve(directory)}, cannot be ${verb} (${codeOf(cause) ?? 'unknown reason'}). Make it yours (chown, chmod u+rwx), or remove it to have a new one created.`,
    { cause },
  );
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
