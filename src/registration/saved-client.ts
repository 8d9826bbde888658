import { randomBytes } from 'node:crypto';
import { readEnvFile } from '../config/config.ts';
import { isPlaceholder, sessionSecrets } from '../config/parsers.ts';
import type { OAuth2Client } from '../launchdarkly/index.ts';
import { refuseUnusable } from './check-answer.ts';

/** What the env file itself says about the client; the process's environment plays no part. */
export interface SavedClient {
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly values: Readonly<Record<string, string>>;
}

export function readSavedClient(envFile: string): SavedClient {
  const values = readEnvFile(envFile);
  return {
    clientId: filledIn(values.LD_OAUTH_CLIENT_ID),
    clientSecret: filledIn(values.LD_OAUTH_CLIENT_SECRET),
    values,
  };
}

/** A placeholder from somebody's template is as good as nothing. */
function filledIn(text: string | undefined): string | undefined {
  return text?.trim() && !isPlaceholder(text) ? text : undefined;
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
 * What the env file has to say so that the app can log people in with this client, and does not say yet.
 * Throws `RegistrationError` (`unusable_answer`).
 */
export function missingValues(
  { values }: SavedClient,
  client: OAuth2Client & { readonly clientSecret?: string | undefined },
  baseUri: string,
): Record<string, string> {
  refuseUnusable(client);
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
