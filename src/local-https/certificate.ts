/**
 * HTTPS on this machine without a tunnel: a certificate for the names that the app is reached by, and the
 * certificate authority (CA) that signed it, which `npm run trust` introduces to the browsers here.
 */
import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { CertificateFile } from './certificate-files.ts';
import { keepCertificateFile, latestCertificateFile } from './certificate-files.ts';
import { LocalCertificateError } from './local-certificate-error.ts';
import type { CertificatePair } from './make-certificate.ts';
import { makeCertificate } from './make-certificate.ts';

/** A certificate ready for `https.createServer({ key, cert })`. */
export interface LocalCertificate {
  /** PEM, PKCS #8, EC P-256. */
  readonly key: string;
  /** PEM: the server's certificate followed by the CA's. */
  readonly cert: string;
  /** PEM of the CA that browsers have to trust. */
  readonly ca: string;
  /** Absolute path of the file that holds `ca`. */
  readonly caFile: string;
  readonly expiresAt: Date;
  /** Why a new certificate was made just now; absent when the stored one was kept. */
  readonly notice?: string;
}

/** Made anew when fewer than this many days remain, so that it never ends while the app runs. */
const RENEW_DAYS_BEFORE_END = 30;

/** Each attempt is lost only to another process that stored one meanwhile. */
const MAX_ATTEMPTS = 5;

/** Links between the usual names of this machine keep working whichever of them is configured. */
const ALWAYS_COVERED = ['localhost', '127.0.0.1', '::1'];

/**
 * Gives the certificate kept in `directory`, or makes one for `hostnames` (DNS names, IP addresses with or
 * without brackets; no wildcards, because browsers refuse `*.localhost`). The key of the CA exists only while the
 * certificate is made: nothing that trusts the CA can ever be deceived with it. Several processes may call this at once.
 *
 * Throws `LocalCertificateError` when a name is none or the directory cannot be used.
 */
export async function localCertificate(options: { directory: string; hostnames: string[] }): Promise<LocalCertificate> {
  const wanted = [...new Set([...options.hostnames.map(toCertificateName), ...ALWAYS_COVERED])];
  let notice: string | undefined;
  for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt++) {
    const stored = await latestCertificateFile(options.directory);
    const unfit = whyUnfit(stored, wanted);
    if (stored?.pair && !unfit) return read(stored.pair, stored.caFile, notice);
    // Names covered so far stay covered: apps that share the directory would otherwise replace each other's.
    const made = await makeCertificate([...new Set([...wanted, ...namesOf(stored)])]);
    if (await keepCertificateFile(options.directory, stored, made)) notice = unfit;
  }
  throw new LocalCertificateError(
    `No usable certificate for ${wanted.join(', ')} could be kept in ${options.directory}. Check this machine's clock, remove the directory and start again.`,
  );
}

/** The CA certificate kept in `directory` and its file, or undefined when none was made there yet. */
export async function localAuthority(directory: string): Promise<{ ca: string; caFile: string } | undefined> {
  const stored = await latestCertificateFile(directory);
  return stored?.pair && { ca: stored.pair.ca, caFile: stored.caFile };
}

function read(pair: CertificatePair, caFile: string, notice: string | undefined): LocalCertificate {
  const expiresAt = new Date(new X509Certificate(pair.cert).validTo);
  return { ...pair, cert: pair.cert + pair.ca, caFile, expiresAt, ...(notice ? { notice } : {}) };
}

function whyUnfit(stored: CertificateFile | undefined, wanted: string[]): string | undefined {
  if (!stored) return 'there was none yet';
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
    `A certificate cannot be made for "${hostname}". Give a plain host name such as localhost or app.localhost, or an IP address; wildcards are refused by browsers here.`,
  );
}
