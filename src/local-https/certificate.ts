/**
 * HTTPS on this machine without a tunnel: a certificate for the app's host names, and the certificate authority (CA)
 * that signed it, which `npm run trust` adds to this machine's browsers.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { CertificateFile } from './certificate-files.ts';
import { keepCertificateFile, LocalCertificateError, latestCertificateFile } from './certificate-files.ts';
import type { CertificatePair } from './make-certificate.ts';
import { makeCertificate } from './make-certificate.ts';

/** A certificate ready for `https.createServer({ key, cert })`. */
export interface LocalCertificate {
  /** PEM, PKCS #8, EC P-256. */
  readonly key: string;
  /** PEM: the server's certificate followed by the CA's. */
  readonly cert: string;
  /** PEM of the CA that browsers need to trust. */
  readonly ca: string;
  /** Absolute path of the file that holds `ca`. */
  readonly caFile: string;
  readonly expiresAt: Date;
  /** Why a new certificate was created just now; missing when the stored one was kept. */
  readonly notice?: string;
}

/** Replaced when fewer than this many days remain, so that it does not expire while the app runs. */
const RENEW_DAYS_BEFORE_END = 30;

/** An attempt fails only when another process stored a certificate in the meantime. */
const MAX_ATTEMPTS = 5;

/** Always included, so that links between the usual names of this machine work whichever is configured. */
const ALWAYS_COVERED = ['localhost', '127.0.0.1', '::1'];

/**
 * Returns the certificate stored in `directory`, or creates one for `hostnames` (DNS names, IP addresses with or
 * without brackets; no wildcards, because browsers refuse `*.localhost`). The CA's key is discarded once the certificate
 * is signed, so the CA can never sign another one. Several processes may call this at once.
 *
 * Throws `LocalCertificateError` for an invalid name, or when the directory cannot be used.
 */
export async function localCertificate(options: { directory: string; hostnames: string[] }): Promise<LocalCertificate> {
  const wanted = [...new Set([...options.hostnames.map(toCertificateName), ...ALWAYS_COVERED])];
  let notice: string | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const stored = await latestCertificateFile(options.directory);
    const problem = stored ? localCertificateProblem(stored, wanted) : 'there was none yet';
    if (stored?.pair && !problem) return read(stored.pair, stored.caFile, notice);
    // Keep the names covered so far: apps that share the directory would otherwise replace each other's certificate.
    const made = makeCertificate([...new Set([...wanted, ...namesOf(stored)])]);
    if (await keepCertificateFile(options.directory, stored, made)) notice = problem;
  }
  throw new LocalCertificateError(
    `No usable certificate for ${wanted.join(', ')} could be stored in ${options.directory}. Check this machine's clock, remove the directory and start again.`,
  );
}

/** The CA certificate stored in `directory` and its file, or undefined when there is none yet. */
export async function localAuthority(directory: string): Promise<{ ca: string; caFile: string } | undefined> {
  const stored = await latestCertificateFile(directory);
  return stored?.pair && { ca: stored.pair.ca, caFile: stored.caFile };
}

function read(pair: CertificatePair, caFile: string, notice: string | undefined): LocalCertificate {
  const expiresAt = new Date(new X509Certificate(pair.cert).validTo);
  return { ...pair, cert: pair.cert + pair.ca, caFile, expiresAt, ...(notice ? { notice } : {}) };
}

/** Why a stored certificate has to be replaced, as the rest of a sentence; undefined when it can be used for `wanted`. */
export function localCertificateProblem(stored: CertificateFile, wanted: readonly string[]): string | undefined {
  if (!stored.pair) return `the stored one (${stored.file}) is damaged`;
  const cert = new X509Certificate(stored.pair.cert);
  const endOfUse = new Date(cert.validTo).getTime() - RENEW_DAYS_BEFORE_END * 86_400_000;
  if (endOfUse < Date.now()) return `the stored one ends on ${new Date(cert.validTo).toISOString().slice(0, 10)}`;
  if (new Date(cert.validFrom).getTime() > Date.now()) return 'the stored one is not valid yet';
  const missing = wanted.filter((name) => !covers(cert, name));
  if (missing.length > 0) return `the stored one does not cover ${missing.join(', ')}`;
  return undefined;
}

function covers(cert: X509Certificate, name: string): boolean {
  return (isIP(name) ? cert.checkIP(name) : cert.checkHost(name, { wildcards: false })) !== undefined;
}

function namesOf(stored: CertificateFile | undefined): string[] {
  if (!stored?.pair) return [];
  const names = new X509Certificate(stored.pair.cert).subjectAltName ?? '';
  return [...names.matchAll(/(?:DNS|IP Address):([\w.-]+)(?=,|$)/g)].map(([, name = '']) => name);
}

function toCertificateName(hostname: string): string {
  const name = hostname.replace(/^\[|\]$/g, '').toLowerCase();
  const label = '[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?';
  if (isIP(name) || (name.length <= 253 && new RegExp(`^${label}(\\.${label})*$`).test(name))) return name;
  throw new LocalCertificateError(
    `A certificate cannot be created for "${hostname}". Use a plain host name such as localhost or app.localhost, or an IP address; browsers refuse wildcards here.`,
  );
}
