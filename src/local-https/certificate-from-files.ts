/** Reads a certificate and its key from two files, and checks what browsers would check. */
import type { KeyObject } from 'node:crypto';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** The two files, and the host name of the app. */
export interface GivenCertificateOptions {
  readonly certFile: string;
  readonly keyFile: string;
  readonly hostname: string;
}

/** Why a certificate cannot be used. The message names the file and says what to do; it never holds file content. */
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
 * Returns key and certificate chain as PEM, for `https.createServer`, and when the first certificate expires. Throws
 * `CertificateFileError` when a file cannot be read or is not PEM, when key and certificate do not match, or when the
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
      `The key in TLS_KEY_FILE (${keyFile}) does not belong to the first certificate in TLS_CERT_FILE (${certFile}). Use the pair that was issued together, the server's own certificate first, then those of its issuers.`,
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
    const fixes: Record<string, string> = {
      ENOENT: 'There is no such file. Correct the path.',
      EACCES:
        'This user may not read it. Allow it for the user that runs the app, and no one else (chown, chmod 0400).',
      EISDIR: 'It is a directory. Name the file in it.',
    };
    const what = fixes[code ?? ''] ?? `Reading it failed (${code}).`;
    throw new CertificateFileError('FILE_UNREADABLE', `${setting} (${file}) cannot be read. ${what}`, cause);
  }
}

function parseCertificate(pem: string, file: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw new CertificateFileError(
      'NOT_A_CERTIFICATE',
      `TLS_CERT_FILE (${file}) is not a PEM certificate, which begins with -----BEGIN CERTIFICATE-----. Convert DER with: openssl x509 -inform der -in FILE -out FILE.pem`,
    );
  }
}

/** The cause is left out because it may quote the key. */
function parseKey(pem: string, file: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    const problem = /ENCRYPTED/.test(pem)
      ? 'is protected by a passphrase. Store it without one, readable by the app only: openssl pkey -in FILE -out FILE.plain'
      : 'is not a PEM private key, which begins with -----BEGIN PRIVATE KEY-----.';
    throw new CertificateFileError('NOT_A_KEY', `TLS_KEY_FILE (${file}) ${problem}`);
  }
}

function checkDates({ validFrom, validTo }: X509Certificate, file: string): void {
  if (new Date(validTo).getTime() < Date.now()) {
    throw new CertificateFileError(
      'CERTIFICATE_EXPIRED',
      `The certificate in TLS_CERT_FILE (${file}) expired on ${day(validTo)}. Renew it; browsers refuse it.`,
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
    `The certificate in TLS_CERT_FILE (${file}) is for ${certificate.subjectAltName ?? 'no host name'}, but the host of LD_OAUTH_REDIRECT_URI is ${hostname}. Get one for that name, or register another redirect URI.`,
  );
}

function day(date: string): string {
  return new Date(date).toISOString().slice(0, 10);
}
