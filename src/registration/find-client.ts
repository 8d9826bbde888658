import type { OAuth2Client } from '../launchdarkly/index.ts';
import { LaunchDarklyApiError } from '../launchdarkly/index.ts';
import type { RegistrationContext } from './context.ts';

/** The client of this id; undefined when LaunchDarkly does not know it (404). */
export async function findClient(
  { launchDarkly, apiToken }: Pick<RegistrationContext, 'launchDarkly' | 'apiToken'>,
  clientId: string,
): Promise<OAuth2Client | undefined> {
  return launchDarkly.getOAuth2Client({ apiToken }, clientId).catch(unlessGone);
}

/** For a call whose target may be gone already: a 404 is undefined, every other failure is thrown on. */
export function unlessGone(error: unknown): undefined {
  if (error instanceof LaunchDarklyApiError && error.reason === 'not_found') return undefined;
  throw error;
}
