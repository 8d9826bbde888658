import { randomBytes } from 'node:crypto';
import { readEnvFile } from '../../src/config/config.ts';
import type { EnvFileUpdate } from '../../src/config/env-file.ts';
import { isPlaceholder, sessionSecrets } from '../../src/config/parsers.ts';
import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import { LaunchDarklyApiError } from '../../src/launchdarkly/index.ts';
import { assertUsable } from './check-answer.ts';
import type { RegistrationContext } from './context.ts';

/** What the env file itself says about the client, regardless of the process's environment. */
export interface SavedClient {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly values: Readonly<Record<string, string>>;
}

/** Reads the client from the env file. A placeholder from a template counts as missing. Throws `EnvFileError`. */
export function readSavedClient(envFile: string): SavedClient {
  const values = readEnvFile(envFile);
  const filledIn = (text: string | undefined) => (text?.trim() && !isPlaceholder(text) ? text : undefined);
  return {
    clientId: filledIn(values.LD_OAUTH_CLIENT_ID),
    clientSecret: filledIn(values.LD_OAUTH_CLIENT_SECRET),
    values,
  };
}

/** Every name that a registration may write. */
export const savedNames = [
  'LD_OAUTH_CLIENT_ID',
  'LD_OAUTH_CLIENT_SECRET',
  'LD_OAUTH_REDIRECT_URI',
  'LD_ACCOUNT_ID',
  'LD_BASE_URI',
  'SESSION_SECRET',
] as const;

/**
 * The values that the env file lacks for the app to log users in with this client.
 * Throws `RegistrationError` (`unusable_answer`).
 */
export function missingValues(
  { values }: SavedClient,
  client: OAuth2Client & { readonly clientSecret?: string | undefined },
  baseUri: string,
): Record<string, string> {
  assertUsable(client);
  const wanted: Record<string, string> = {
    LD_OAUTH_CLIENT_ID: client.clientId,
    ...(client.clientSecret && { LD_OAUTH_CLIENT_SECRET: client.clientSecret }),
    LD_OAUTH_REDIRECT_URI: client.redirectUri,
    LD_ACCOUNT_ID: client.accountId,
    ...((values.LD_BASE_URI || baseUri !== 'https://app.launchdarkly.com') && { LD_BASE_URI: baseUri }),
    ...(!isSessionSecret(values.SESSION_SECRET) && { SESSION_SECRET: randomBytes(32).toString('base64url') }),
  };
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => values[name] !== value));
}

function isSessionSecret(text: string | undefined): boolean {
  try {
    return text !== undefined && sessionSecrets(text).length > 0;
  } catch {
    return false;
  }
}

/** Tells the user when other users could read the env file, or still can. */
export function tellPermissions(
  { envFile, tell }: RegistrationContext,
  { tightenedFrom, stillReadable }: Partial<EnvFileUpdate> = {},
): void {
  if (tightenedFrom) tell(`Other users could read ${envFile} (${tightenedFrom}). It is private now (0600).`);
  if (!stillReadable) return;
  tell(
    `Other users of this machine may be able to read ${envFile} (${stillReadable}): its file system stores no ` +
      'permissions. Keep it on another one (on WSL not below /mnt), unless you are the only user.',
  );
}

/** The client with this id; undefined when LaunchDarkly does not know it (404). */
export async function findClient(
  { launchDarkly, apiToken }: RegistrationContext,
  clientId: string,
): Promise<OAuth2Client | undefined> {
  return launchDarkly.getOAuth2Client({ apiToken }, clientId).catch(ignoreNotFound);
}

/** For a call whose target may be gone already: a 404 becomes undefined, every other failure is thrown again. */
export function ignoreNotFound(error: unknown): undefined {
  if (error instanceof LaunchDarklyApiError && error.reason === 'not_found') return undefined;
  throw error;
}
