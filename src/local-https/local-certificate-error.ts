/** Why the local certificate cannot be made, read or kept; the message says what to do. */
export class LocalCertificateError extends Error {
  override readonly name = 'LocalCertificateError';
  readonly code = 'LOCAL_CERTIFICATE_FAILED';
}
