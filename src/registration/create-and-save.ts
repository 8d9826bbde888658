import { checkEnvFileWritable, updateEnvFile } from '../config/env-file.ts';
import type { CreatedOAuth2Client, OAuth2Client, OAuth2ClientInput } from '../launchdarkly/index.ts';
import { cleanText, LaunchDarklyApiError } from '../launchdarkly/index.ts';
import type { Attempt } from './attempt.ts';
import { markedDescription, newAttempt } from './attempt.ts';
import { tellDifferences } from './check-answer.ts';
import type { RegistrationContext } from './context.ts';
import { finishAttempt } from './finish-attempt.ts';
import { forgetAttempt, noteAttempt } from './journal.ts';
import { RegistrationError } from './registration-error.ts';
import { missingValues, readSavedClient, savedNames } from './saved-client.ts';
import { settleAttempts } from './settle-attempts.ts';

/**
 * Registers a client and keeps its secret. LaunchDarkly shows the secret once and cannot be asked twice for the same
 * client, so the order of the steps is what keeps it safe:
 *
 * 1. Check all that can fail: may the token do this, can the env file be written.
 * 2. Leave a trace of the attempt, on disk and, with the request itself, in the client's description. Whatever dies
 *    from here on, the next run knows what to look for and can prove that it is its own.
 * 3. Register. An answer that gets lost is never asked for again: a client without its secret is found by its mark
 *    and taken back.
 * 4. Save id and secret, before anything else can fail.
 * 5. Note that they are safe: from here on the client is never taken back.
 * 6. Tidy up: take the mark away, delete the client that this one replaces, forget the attempt. A run that dies in
 *    between leaves a client that works; the next one tidies up.
 *
 * Throws `LaunchDarklyApiError`, `EnvFileError` and `RegistrationError`, and no client is left over then, or the next
 * run removes it.
 */
export async function createAndSave(
  context: RegistrationContext,
  input: Required<OAuth2ClientInput>,
  replaces?: string,
): Promise<CreatedOAuth2Client> {
  const { baseUri, uninterrupted = (task) => task() } = context;
  const { accountId } = await checkAll(context, input, replaces);
  const attempt = newAttempt(input, { baseUri, accountId, replaces });
  return uninterrupted(async () => {
    await noteAttempt(context.envFile, attempt);
    const client = await register(context, attempt);
    await save(context, attempt, client);
    tellDifferences(context, attempt, client);
    await finishAttempt(context, attempt, client);
    return { ...client, description: attempt.description };
  });
}

async function checkAll(context: RegistrationContext, input: OAuth2ClientInput, replaces?: string) {
  const { launchDarkly, apiToken, envFile, tell } = context;
  const identity = await launchDarkly.getCallerIdentity({ apiToken });
  const clients = await launchDarkly.listOAuth2Clients({ apiToken });
  for (const { clientId } of clients.filter((client) => isAlike(client, input))) {
    if (clientId === replaces) continue;
    tell(
      `${cleanText(clientId)} has the same name and redirect URI already. Its secret cannot be read again; if nobody uses it: ` +
        `npm run clients -- delete ${cleanText(clientId)}`,
    );
  }
  const rehearsed = await checkEnvFileWritable(envFile, savedNames);
  if (rehearsed?.tightenedFrom) {
    tell(`${envFile} could be read by others (${rehearsed.tightenedFrom}); it is private now (0600).`);
  }
  return identity;
}

function isAlike(client: OAuth2Client, input: OAuth2ClientInput): boolean {
  return client.name === input.name && client.redirectUri === input.redirectUri;
}

async function register(context: RegistrationContext, attempt: Attempt): Promise<CreatedOAuth2Client> {
  const { launchDarkly, apiToken, envFile } = context;
  const { name, redirectUri } = attempt;
  try {
    const description = markedDescription(attempt);
    return await launchDarkly.createOAuth2Client({ apiToken }, { name, redirectUri, description });
  } catch (error) {
    if (error instanceof LaunchDarklyApiError && !error.mayHaveActed) {
      await forgetAttempt(envFile, attempt);
      throw error;
    }
    throw new RegistrationError('outcome_unknown', await afterLostAnswer(context, error), error);
  }
}

/** The request may have registered a client whose secret never arrived: look, and say what was found. */
async function afterLostAnswer(context: RegistrationContext, error: unknown): Promise<string> {
  const what = error instanceof Error ? error.message : 'The answer was lost.';
  try {
    const { removed } = await settleAttempts(context);
    return removed > 0
      ? `${what} It had registered a client, whose secret is lost; that client is deleted again. Run the command again.`
      : `${what} No client was registered as far as can be seen. Run the command again: it looks once more first.`;
  } catch {
    return `${what} Whether a client was registered cannot be seen now. Run the command again: it looks first, and deletes a client whose secret was lost.`;
  }
}

async function save(context: RegistrationContext, attempt: Attempt, client: CreatedOAuth2Client): Promise<void> {
  const { envFile, baseUri } = context;
  try {
    if (!client.clientSecret) {
      throw new RegistrationError('no_secret', 'LaunchDarkly registered a client, but did not show its secret.');
    }
    await updateEnvFile(envFile, missingValues(readSavedClient(envFile), client, baseUri));
  } catch (error) {
    throw await takenBack(context, attempt, client, error);
  }
}

/** Without its secret in the file the client is of no use to anybody. */
async function takenBack(
  { launchDarkly, apiToken, envFile }: RegistrationContext,
  attempt: Attempt,
  { clientId }: CreatedOAuth2Client,
  error: unknown,
): Promise<RegistrationError> {
  const reason = error instanceof RegistrationError ? error.reason : 'not_saved';
  const what = error instanceof Error ? error.message : 'The secret could not be saved.';
  try {
    await launchDarkly.deleteOAuth2Client({ apiToken }, clientId);
    await forgetAttempt(envFile, attempt);
    return new RegistrationError(reason, `${what} The client (${cleanText(clientId)}) is deleted again.`, error);
  } catch {
    return new RegistrationError(reason, `${what} The next run deletes the client (${cleanText(clientId)}).`, error);
  }
}
