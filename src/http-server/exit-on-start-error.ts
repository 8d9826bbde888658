import { inspect } from 'node:util';
import { cleanLines } from '../launchdarkly/clean-text.ts';

/**
 * Says on stderr why the app cannot start, and exits. An error with an `exitCode` says itself what is wrong and what to
 * do: 2 when a setting is to blame, else 1. Any other is unexpected: shown with its stack, 1.
 */
export function failStart(error: unknown): never {
  const exitCode = error instanceof Error && 'exitCode' in error ? error.exitCode : undefined;
  const expected = exitCode === 1 || exitCode === 2;
  process.stderr.write(`${cleanLines(expected ? (error as Error).message : inspect(error))}\n`);
  process.exit(expected ? exitCode : 1);
}
