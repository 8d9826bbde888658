import type { RegistrationContext } from './context.ts';
import { withEnvFileLock } from './env-file-lock.ts';
import type { Settled } from './settle-attempts.ts';
import { settleAttempts } from './settle-attempts.ts';

/** Runs what changes something: one run at a time, and after whatever an earlier one left has been settled. */
export function alone<T>(context: RegistrationContext, task: (settled: Settled) => Promise<T>): Promise<T> {
  const onWait = () => context.tell(`Waiting for another run that works on ${context.envFile}.`);
  return withEnvFileLock(context.envFile, async () => task(await settleAttempts(context)), { onWait });
}
