import type { OAuth2Client } from '../launchdarkly/index.ts';
import type { Attempt } from './attempt.ts';
import { carriesMarkOf } from './attempt.ts';
import type { RegistrationContext } from './context.ts';
import { unlessGone } from './find-client.ts';
import { forgetAttempt, noteAttempt } from './journal.ts';

/**
 * Tidies up after an attempt whose secret is safe: notes that it is, so that its client is never taken back; takes the mark out of the client's description, deletes the client
 * that it replaced, forgets the attempt. The registration is good without all this, so a failure is told, not thrown.
 * @param client as LaunchDarkly has it; undefined when it is gone.
 */
export async function finishAttempt(
  { launchDarkly, apiToken, envFile, tell }: RegistrationContext,
  attempt: Attempt,
  client: OAuth2Client | undefined,
): Promise<void> {
  try {
    await noteAttempt(envFile, { ...attempt, saved: true });
    if (client && carriesMarkOf(client, attempt)) {
      const { description } = attempt;
      await launchDarkly.patchOAuth2Client({ apiToken }, client.clientId, { description });
    }
    if (attempt.replaces) {
      await launchDarkly.deleteOAuth2Client({ apiToken }, attempt.replaces).catch(unlessGone);
    }
    await forgetAttempt(envFile, attempt);
  } catch (error) {
    const why = error instanceof Error ? error.message : 'Something failed.';
    tell(`The client works and is saved, but tidying up after it has to wait for the next run. ${why}`);
  }
}
