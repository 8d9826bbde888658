import { inspect } from 'node:util';

/** Errors that say themselves what is wrong and what to do: no stack trace makes them clearer. */
const forPeople = new Set([
  'ConfigError',
  'ListenError',
  'SessionStoreError',
  'LocalCertificateError',
  'CertificateFileError',
]);
const usage = new Set(['ConfigError', 'ListenError']);

/** Says on stderr why the app cannot start, and exits: 2 when a setting is to blame, else 1. */
export function failStart(error: unknown): never {
  const { name, message } = (error ?? {}) as { name?: string; message?: string };
  const known = name !== undefined && forPeople.has(name);
  process.stderr.write(`${known ? message : inspect(error)}\n`);
  process.exit(known && usage.has(name) ? 2 : 1);
}
