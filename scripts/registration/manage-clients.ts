import { updateEnvFile } from '../../src/config/env-file.ts';
import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import { cleanText } from '../../src/launchdarkly/index.ts';
import { assertUsable, tellDifferences } from './check-answer.ts';
import type { RegistrationContext } from './context.ts';
import { RegistrationError } from './context.ts';
import type { Change, PartlyAsked } from './decide.ts';
import { changedFields, changesBetween } from './decide.ts';
import { withExclusiveLock } from './env-file-lock.ts';
import { looksUnfinished } from './journal.ts';
import { readSavedClient } from './saved-client.ts';

/** A client, and how it relates to the env file. */
export interface ListedClient extends OAuth2Client {
  /** The env file names it. */
  readonly inUse: boolean;
  /** It carries the mark of a registration that has not finished, here or on another machine. */
  readonly unfinished: boolean;
}

/** All clients of the account, from all pages. Throws `LaunchDarklyApiError`, as all of these do. */
export async function listClients(context: RegistrationContext): Promise<ListedClient[]> {
  const clients = await context.launchDarkly.listOAuth2Clients({ apiToken: context.apiToken });
  return clients.map((client) => listed(context, client));
}

/** One client; without an id the one that the env file names. Throws `RegistrationError` (`not_registered`) too. */
export async function showClient(context: RegistrationContext, clientId?: string): Promise<ListedClient> {
  const id = clientId ?? ownClientId(context);
  return listed(context, await context.launchDarkly.getOAuth2Client({ apiToken: context.apiToken }, id));
}

/** Changes the fields that differ from what was requested. If the env file names this client, it is updated too. */
export function updateClient(
  context: RegistrationContext,
  asked: PartlyAsked,
  clientId?: string,
): Promise<{ client: ListedClient; changes: readonly Change[] }> {
  return withExclusiveLock(context, async () => {
    const { launchDarkly, apiToken, envFile } = context;
    const existing = await showClient(context, clientId);
    const changes = changesBetween(existing, asked);
    const client =
      changes.length === 0
        ? existing
        : await launchDarkly.patchOAuth2Client({ apiToken }, existing.clientId, changedFields(changes));
    tellDifferences(context, asked, client);
    // Even without a change at LaunchDarkly: an earlier run may have been interrupted between the two.
    if (existing.inUse && asked.redirectUri !== undefined) {
      assertUsable(client);
      await updateEnvFile(envFile, { LD_OAUTH_REDIRECT_URI: client.redirectUri });
    }
    return { client: listed(context, client), changes };
  });
}

/**
 * Deletes a client after asking. Throws `RegistrationError`: `in_use` for the one in the env file unless `force`,
 * `declined` when the answer is no.
 */
export function deleteClient(
  context: RegistrationContext,
  clientId: string,
  { force }: { readonly force: boolean },
): Promise<ListedClient> {
  return withExclusiveLock(context, async () => {
    const { launchDarkly, apiToken, envFile, confirm } = context;
    const client = await showClient(context, clientId);
    if (client.inUse && !force) {
      throw new RegistrationError(
        'in_use',
        `${envFile} uses this client: without it nobody can log in. --force deletes it anyway; ` +
          '`npm run clients -- rotate` replaces it.',
      );
    }
    const text = `Delete "${cleanText(client.name)}" (${cleanText(clientId)})? Apps that use it can no longer log anyone in.`;
    if (!(await confirm({ kind: 'delete', text }))) {
      throw new RegistrationError('declined', 'Nothing was changed.');
    }
    await launchDarkly.deleteOAuth2Client({ apiToken }, clientId);
    return client;
  });
}

function ownClientId({ envFile }: RegistrationContext): string {
  const { clientId } = readSavedClient(envFile);
  if (clientId) return clientId;
  throw new RegistrationError(
    'not_registered',
    `${envFile} names no client (LD_OAUTH_CLIENT_ID). \`npm run bootstrap\` registers one, \`npm run clients -- list\` shows all clients.`,
  );
}

function listed({ envFile }: RegistrationContext, client: OAuth2Client): ListedClient {
  const { clientId } = readSavedClient(envFile);
  return { ...client, inUse: client.clientId === clientId, unfinished: looksUnfinished(client) };
}
