import type { OAuth2Client } from '../launchdarkly/index.ts';
import { cleanText } from '../launchdarkly/index.ts';
import type { Attempt } from './attempt.ts';
import { carriesMarkOf } from './attempt.ts';
import type { RegistrationContext } from './context.ts';
import { unlessGone } from './find-client.ts';
import { finishAttempt } from './finish-attempt.ts';
import { forgetAttempt, readJournal } from './journal.ts';
import { readSavedClient } from './saved-client.ts';

/** How long a request whose answer was lost may still be on its way: far longer than any server takes. */
const mayStillArriveMs = 15 * 60_000;

/** What was found of earlier attempts. */
export interface Settled {
  /** Attempts whose client was saved and is tidied up now. */
  readonly finished: readonly Attempt[];
  /** How many clients were deleted because their secret never reached the env file. */
  readonly removed: number;
}

/**
 * Brings every attempt that died to its end. Only a client that carries the mark of an attempt in our own journal,
 * and that the env file does not hold, is deleted: nobody can have its secret.
 */
export async function settleAttempts(context: RegistrationContext): Promise<Settled> {
  const attempts = await attemptsWithinReach(context);
  if (attempts.length === 0) return { finished: [], removed: 0 };
  const clients = await context.launchDarkly.listOAuth2Clients({ apiToken: context.apiToken });
  const finished: Attempt[] = [];
  let removed = 0;
  for (const attempt of attempts) {
    const client = clients.find((candidate) => carriesMarkOf(candidate, attempt));
    const ending = endingOf(context.envFile, attempt, client);
    if (ending === 'finish') {
      await finishAttempt(context, attempt, client);
      finished.push(attempt);
    }
    if (ending === 'remove' && client) {
      await remove(context, attempt, client);
      removed++;
    }
    if (ending === 'forget') await forgetAttempt(context.envFile, attempt);
  }
  return { finished, removed };
}

/** Attempts that this token can see the clients of; the others stay noted for a run with their own. */
export async function attemptsWithinReach({
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

function endingOf(
  envFile: string,
  { saved, startedAt }: Attempt,
  client: OAuth2Client | undefined,
): 'finish' | 'remove' | 'forget' | 'wait' {
  if (saved) return 'finish';
  if (client) return readSavedClient(envFile).clientId === client.clientId ? 'finish' : 'remove';
  return Date.now() - startedAt > mayStillArriveMs ? 'forget' : 'wait';
}

async function remove(
  { launchDarkly, apiToken, envFile, tell }: RegistrationContext,
  attempt: Attempt,
  { name, clientId }: OAuth2Client,
): Promise<void> {
  await launchDarkly.deleteOAuth2Client({ apiToken }, clientId).catch(unlessGone);
  await forgetAttempt(envFile, attempt);
  tell(
    `Deleted "${cleanText(name)}" (${cleanText(clientId)}): an earlier run registered it, and its secret never arrived.`,
  );
}
