import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import { cleanText, messageWithAdvice } from '../../src/launchdarkly/index.ts';
import type { RegistrationContext } from './context.ts';
import type { Attempt } from './journal.ts';
import { carriesMarkOf, forgetAttempt, noteAttempt, readJournal } from './journal.ts';
import { ignoreNotFound, readSavedClient } from './saved-client.ts';

/** How long a request whose answer was lost may still take effect: far longer than any server needs. */
const mayStillArriveMs = 15 * 60_000;

/** The outcome of a recovery. */
export interface Recovered {
  /** Attempts whose client was saved; they are cleaned up now. */
  readonly finished: readonly Attempt[];
  /** How many clients were deleted because their secret never reached the env file. */
  readonly removed: number;
}

/**
 * Finishes or rolls back every attempt that was interrupted. A client is deleted only if it carries the mark of an
 * attempt in our own journal and is not in the env file: then nobody can have its secret.
 */
export async function recoverAttempts(context: RegistrationContext): Promise<Recovered> {
  const attempts = await recoverableAttempts(context);
  if (attempts.length === 0) return { finished: [], removed: 0 };
  const { envFile, launchDarkly, apiToken, tell } = context;
  const clients = await launchDarkly.listOAuth2Clients({ apiToken });
  const finished: Attempt[] = [];
  let removed = 0;
  for (const attempt of attempts) {
    const client = clients.find((candidate) => carriesMarkOf(candidate, attempt));
    if (attempt.saved || (client && readSavedClient(envFile).clientId === client.clientId)) {
      await finishAttempt(context, attempt, client);
      finished.push(attempt);
    } else if (client) {
      await launchDarkly.deleteOAuth2Client({ apiToken }, client.clientId).catch(ignoreNotFound);
      await forgetAttempt(envFile, attempt);
      const which = `"${cleanText(client.name)}" (${cleanText(client.clientId)})`;
      tell(`Deleted ${which}: an earlier run registered it, and its secret never arrived.`);
      removed++;
    } else if (Date.now() - attempt.startedAt > mayStillArriveMs) {
      await forgetAttempt(envFile, attempt);
    }
  }
  return { finished, removed };
}

/** Attempts whose clients this token can see. The others stay in the journal for a run with their own token. */
export async function recoverableAttempts({
  envFile,
  baseUri,
  launchDarkly,
  apiToken,
}: RegistrationContext): Promise<Attempt[]> {
  const attempts = (await readJournal(envFile)).filter((attempt) => attempt.baseUri === baseUri);
  if (attempts.length === 0) return [];
  const { accountId } = await launchDarkly.getCallerIdentity({ apiToken });
  return attempts.filter((attempt) => !attempt.accountId || !accountId || attempt.accountId === accountId);
}

/**
 * Cleans up after an attempt whose secret is saved. First records that it is saved, so that its client is never deleted;
 * then removes the mark from the client's description, deletes the client that it replaces, and removes the attempt from
 * the journal. The client works without all this, so a failure is reported and not thrown.
 * @param client as LaunchDarkly has it; undefined when it was deleted.
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
      await launchDarkly.deleteOAuth2Client({ apiToken }, attempt.replaces).catch(ignoreNotFound);
    }
    await forgetAttempt(envFile, attempt);
  } catch (error) {
    const why = error instanceof Error ? messageWithAdvice(error) : 'Something failed.';
    tell(`The client works and is saved, but cleaning up has to wait for the next run. ${why}`);
  }
}
