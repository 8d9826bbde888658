/** A certificate from elsewhere, in two files: read, and checked before any browser would complain. */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** Which files, and the name that browsers reach the app by. */
export interface GivenCertificateOptions {
  readonly certFile: string;
  readonly keyFile: string;
  readonly hostname: string;
}

/** Why a given certificate cannot serve. The message names the file and says what to do, never what is in it. */
export class CertificateFileError extends Error {
  override readonly name = 'CertificateFileError';
  /** For a program that ends because of it. */
  readonly exitCode = 1;
  readonly code: CertificateProblem;

  constructor(code: CertificateProblem, message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

type CertificateProblem =
  | 'FILE_UNREADABLE'
  | 'NOT_A_CERTIFICATE'
  | 'NOT_A_KEY'
  | 'KEY_OF_ANOTHER_CERTIFICATE'
  | 'CERTIFICATE_EXPIRED'
  | 'CERTIFICATE_NOT_YET_VALID'
  | 'CERTIFICATE_FOR_ANOTHER_NAME';

/**
 * Key and certificate chain as PEM, for `https.createServer`, and the end of the first certificate. Throws
 * `CertificateFileError` when a file cannot be read or is something else, when the two do not belong together, or when the
 * certificate is not valid today or not for `hostname`.
 */
export async function givenCertificate(options: GivenCertificateOptions) {
  const { certFile, keyFile, hostname } = options;
  const cert = await read('TLS_CERT_FILE', certFile);
  const key = await read('TLS_KEY_FILE', keyFile);
  const certificate = parseCertificate(cert, certFile);
  if (!certificate.checkPrivateKey(parseKey(key, keyFile))) {
    throw new CertificateFileError(
      'KEY_OF_ANOTHER_CERTIFICATE',
      `The key in TLS_KEY_FILE (${keyFile}) does not belong to the first certificate in TLS_CERT_FILE (${certFile}). Take both from the same order, the server's own certificate first, then those of its issuers.`,
    );
  }
  checkDates(certificate, certFile);
  checkName(certificate, certFile, hostname);
  return { key, cert, expiresAt: new Date(certificate.validTo) };
}

async function read(setting: string, file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const mend: Record<string, string> = {
      ENOENT: 'There is no such file: correct the path.',
      EACCES:
        'This user may not read it: give the user that runs the app the right to, and nobody else (chown, chmod 0400).',
      EISDIR: 'That is a directory: name the file in it.',
    };
    const what = mend[code ?? ''] ?? `Reading it failed (${code}).`;
    throw new CertificateFileError('FILE_UNREADABLE', `${setting} (${file}) cannot be read. ${what}`, cause);
  }
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateFileError(
      'NOT_A_CERTIFICATE',
      `TLS_CERT_FILE (${file}) holds no PEM certificate. It begins with -----BEGIN CERTIFICATE-----; convert DER with: openssl x509 -inform der -in FILE -out FILE.pem`,
    );
  }
}

/** The cause is left out: it may quote what it read. */
function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    const mend = /ENCRYPTED/.test(pem)
      ? 'is protected by a passphrase. Store it without one, readable for the app alone: openssl pkey -in FILE -out FILE.plain'
      : 'holds no PEM private key. It begins with -----BEGIN PRIVATE KEY-----.';
    throw new CertificateFileError('NOT_A_KEY', `TLS_KEY_FILE (${file}) ${mend}`);
  }
}

function checkDates({ validFrom, validTo }: X509Certificate, file: string): void {
  if (new Date(validTo).getTime() < Date.now()) {
    throw new CertificateFileError(
      'CERTIFICATE_EXPIRED',
      `The certificate in TLS_CERT_FILE (${file}) ended on ${day(validTo)}. Renew it; every browser refuses it.`,
    );
  }
  if (new Date(validFrom).getTime() > Date.now()) {
    throw new CertificateFileError(
      'CERTIFICATE_NOT_YET_VALID',
      `The certificate in TLS_CERT_FILE (${file}) is not valid before ${day(validFrom)}. Check this machine's clock.`,
    );
  }
}

function checkName(certificate: X509Certificate, file: string, hostname: string): void {
  if ((isIP(hostname) ? certificate.checkIP(hostname) : certificate.checkHost(hostname)) !== undefined) return;
  throw new CertificateFileError(
    'CERTIFICATE_FOR_ANOTHER_NAME',
    `The certificate in TLS_CERT_FILE (${file}) is for ${certificate.subjectAltName ?? 'no name at all'}, but LD_OAUTH_REDIRECT_URI says that browsers come to ${hostname}. Get one for that name, or register another redirect URI.`,
  );
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}
