import { checkEnvFileWritable, updateEnvFile } from '../../src/config/env-file.ts';
import type { CreatedOAuth2Client, OAuth2Client, OAuth2ClientInput } from '../../src/launchdarkly/index.ts';
import { cleanText, LaunchDarklyApiError, messageWithAdvice } from '../../src/launchdarkly/index.ts';
import { tellDifferences } from './check-answer.ts';
import type { RegistrationContext } from './context.ts';
import { RegistrationError } from './context.ts';
import type { Attempt } from './journal.ts';
import { forgetAttempt, markedDescription, newAttempt, noteAttempt } from './journal.ts';
import { finishAttempt, recoverAttempts } from './recover-attempts.ts';
import { missingValues, readSavedClient, savedNames, tellPermissions } from './saved-client.ts';

/**
 * Registers a client and saves its secret. LaunchDarkly shows the secret only once, so the order of the steps matters:
 *
 * 1. Check everything that can fail: the token's permissions, and that the env file can be written.
 * 2. Record the attempt, in the journal and, with the request itself, in the client's description. If the process dies
 *    from here on, the next run can find the client and prove that it is ours.
 * 3. Register. A request whose answer was lost is never repeated: a client without its secret is found by its mark and
 *    deleted.
 * 4. Save id and secret, before anything else can fail.
 * 5. Record that they are saved. From here on the client is never rolled back.
 * 6. Clean up: remove the mark, delete the client that this one replaces, remove the attempt from the journal. If the
 *    process dies in between, the client works and the next run cleans up.
 *
 * Throws `LaunchDarklyApiError`, `EnvFileError` and `RegistrationError`. Then no client is left behind, or the next run
 * deletes it.
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
      `${cleanText(clientId)} has the same name and redirect URI already. Its secret cannot be shown again. If it is not in use: ` +
        `npm run clients -- delete ${cleanText(clientId)}`,
    );
  }
  tellPermissions(context, await checkEnvFileWritable(envFile, savedNames));
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
    if (error instanceof LaunchDarklyApiError && !error.mayHaveTakenEffect) {
      await forgetAttempt(envFile, attempt);
      throw error;
    }
    throw new RegistrationError('outcome_unknown', await afterLostAnswer(context, error), error);
  }
}

/** The request may have registered a client whose secret was lost: looks for it, and says what was found. */
async function afterLostAnswer(context: RegistrationContext, error: unknown): Promise<string> {
  const what = error instanceof Error ? messageWithAdvice(error) : 'The answer was lost.';
  try {
    const { removed } = await recoverAttempts(context);
    return removed > 0
      ? `${what} It had registered a client, whose secret is lost; that client is deleted again. Run the command again.`
      : `${what} No registered client was found. Run the command again: it looks once more first.`;
  } catch {
    return `${what} It is unknown whether a client was registered. Run the command again: it looks first, and deletes a client whose secret was lost.`;
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
    throw await rollBack(context, attempt, client, error);
  }
}

/** Deletes a client whose secret could not be saved, since nobody could use it. */
async function rollBack(
  { launchDarkly, apiToken, envFile }: RegistrationContext,
  attempt: Attempt,
  { clientId }: CreatedOAuth2Client,
  error: unknown,
): Promise<RegistrationError> {
  const reason = error instanceof RegistrationError ? error.reason : 'not_saved';
  const what = error instanceof Error ? messageWithAdvice(error) : 'The secret could not be saved.';
  try {
    await launchDarkly.deleteOAuth2Client({ apiToken }, clientId);
    await forgetAttempt(envFile, attempt);
    return new RegistrationError(reason, `${what} The client (${cleanText(clientId)}) is deleted again.`, error);
  } catch {
    return new RegistrationError(reason, `${what} The next run deletes the client (${cleanText(clientId)}).`, error);
  }
}
