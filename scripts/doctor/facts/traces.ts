import { randomUUID } from 'node:crypto';
import type { CreatedOAuth2Client, LaunchDarkly, OAuth2Client } from '../../../src/launchdarkly/index.ts';
import { cleanText, LaunchDarklyApiError, messageWithAdvice } from '../../../src/launchdarkly/index.ts';
import type { Calls, ClientCredentials } from './calls.ts';

/** What a run leaves at LaunchDarkly, and how it is removed. */
export interface Traces {
  /** Registers a client that will be removed. Rejects with `LaunchDarklyApiError`. */
  register(redirectUri: string, name?: string): Promise<CreatedOAuth2Client>;
  /** A token that will be revoked. */
  keepToken(client: ClientCredentials, token: string): void;
  /** Revokes every token that was issued so far. Rejects with `HttpError`. */
  revokeTokens(calls: Calls): Promise<void>;
  /** Deletes what `register` made, also when its answer was lost. Says for each that it could not delete why. */
  removeClients(): Promise<string[]>;
}

/** In the description of each client, so that a later run recognizes what an earlier one could not remove. */
const marked = /\[facts report [\w-]+\]$/;

/** Clients that an earlier run left behind. Rejects with `LaunchDarklyApiError`. */
export async function leftByEarlierRuns(launchDarkly: LaunchDarkly, apiToken: string): Promise<OAuth2Client[]> {
  const clients = await launchDarkly.listOAuth2Clients({ apiToken });
  return clients.filter(({ description }) => marked.test(description));
}

/** @param launchDarkly calls that are not aborted with the run: they clean up after it. */
export function createTraces({
  launchDarkly,
  apiToken,
  wait,
}: {
  launchDarkly: LaunchDarkly;
  apiToken: string;
  wait(ms: number): Promise<void>;
}): Traces {
  const run = randomUUID();
  const mark = `[facts report ${run}]`;
  const registered = new Map<string, string>();
  const tokens = new Map<string, ClientCredentials>();

  /** With those whose registration succeeded without our seeing it. */
  async function clientsOfThisRun(): Promise<Map<string, string>> {
    const listed = await launchDarkly.listOAuth2Clients({ apiToken }).catch(() => []);
    const found = listed.filter(({ description }) => description.endsWith(mark));
    return new Map([...registered, ...found.map(({ clientId, name }) => [clientId, name] as const)]);
  }

  /** Three attempts, unless another one would fail as well. Resolves to the error of the last one. */
  async function deleteClient(clientId: string): Promise<LaunchDarklyApiError | undefined> {
    for (let attempt = 1; ; attempt++) {
      try {
        return void (await launchDarkly.deleteOAuth2Client({ apiToken }, clientId));
      } catch (error) {
        if (!(error instanceof LaunchDarklyApiError)) throw error;
        const { reason, retryAfterMs = 1_000 } = error;
        if (attempt === 3 || /^(not_found|unauthorized|forbidden)$/.test(reason)) return error;
        await wait(Math.min(retryAfterMs, 15_000));
      }
    }
  }

  return {
    async register(redirectUri, name = `Facts report ${run.slice(0, 8)}-${registered.size + 1}`) {
      const description = `Made by npm run doctor -- --login, which deletes it again. ${mark}`;
      const client = await launchDarkly.createOAuth2Client({ apiToken }, { name, redirectUri, description });
      registered.set(client.clientId, client.name);
      return client;
    },

    keepToken(client, token) {
      tokens.set(token, client);
    },

    async revokeTokens(calls) {
      for (const [token, client] of tokens) {
        await calls.revoke(client, token);
        tokens.delete(token);
      }
    },

    async removeClients() {
      const left: string[] = [];
      for (const [clientId, name] of await clientsOfThisRun()) {
        const error = await deleteClient(clientId);
        if (!error || error.reason === 'not_found') continue;
        left.push(
          `The OAuth2 client "${cleanText(name)}" could not be deleted. ${messageWithAdvice(error)} ` +
            `Later: npm run clients -- delete ${cleanText(clientId)}`,
        );
      }
      registered.clear();
      return left;
    },
  };
}
