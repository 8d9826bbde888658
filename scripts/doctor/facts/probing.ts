import type { CreatedOAuth2Client, LaunchDarkly } from '../../../src/launchdarkly/index.ts';
import type { Calls, ClientCredentials } from './calls.ts';
import type { Findings } from './findings.ts';
import { NotProbed } from './findings.ts';
import type { Person } from './person.ts';
import type { Traces } from './traces.ts';

/** What the probes share. */
export interface Probing {
  readonly calls: Calls;
  readonly launchDarkly: LaunchDarkly;
  readonly baseUri: string;
  readonly apiToken: string;
  readonly findings: Findings;
  readonly traces: Traces;
  readonly person: Person;
  /** Registered instead of an address of this machine. */
  readonly redirectUri?: string | undefined;
  wait(ms: number): Promise<void>;
  /** Progress, for the person. */
  tell(text: string): void;
}

/** The client that the run logs in with. */
export interface ProbedClient extends ClientCredentials {
  readonly redirectUri: string;
}

/** Throws `NotProbed` when LaunchDarkly did not show the secret. */
export function usable({ clientId, clientSecret, redirectUri }: CreatedOAuth2Client): ProbedClient {
  if (clientSecret === undefined) throw new NotProbed('LaunchDarkly did not show the secret of a new client.');
  return { clientId, clientSecret, redirectUri };
}

/** Whether a token has ended. Looks twice: a server may need a moment to tell all its parts. */
export async function hasEnded({ calls, wait }: Probing, accessToken: string): Promise<boolean> {
  const isAlive = async () => {
    const { status } = await calls.callerIdentity(accessToken);
    if (status !== 200 && status !== 401 && status !== 403) throw new NotProbed(`The token got status ${status}.`);
    return status === 200;
  };
  if (!(await isAlive())) return true;
  await wait(2_000);
  return !(await isAlive());
}
