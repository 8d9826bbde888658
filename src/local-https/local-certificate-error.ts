/** Why the local certificate cannot be made, read or kept; the message says what to do. */
export class LocalCertificateError extends Error {
  override readonly name = 'LocalCertificateError';
  /** For a program that ends because of it. */
  readonly exitCode = 1;
  readonly code = 'LOCAL_CERTIFICATE_FAILED';
}
