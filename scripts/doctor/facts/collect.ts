import { setTimeout as sleep } from 'node:timers/promises';
import type { Http, LaunchDarkly } from '../../../src/launchdarkly/index.ts';
import { createCalls } from './calls.ts';
import { createFindings } from './findings.ts';
import { probeLogins } from './login-probes.ts';
import type { Person } from './person.ts';
import { probeRegistration } from './registration-probes.ts';
import type { FactsReport } from './report.ts';
import { makeReport } from './report.ts';
import { createTraces } from './traces.ts';

/** What a run needs. */
export interface Collecting {
  readonly http: Http;
  readonly launchDarkly: LaunchDarkly;
  readonly baseUri: string;
  /** An API access token with the Admin role. */
  readonly apiToken: string;
  readonly person: Person;
  readonly redirectUri?: string | undefined;
  /** Ends the run. */
  readonly signal: AbortSignal;
  /** Told when the client is registered, before the first login. */
  ready(redirectUri: string): void;
  /** Progress, and what could not be removed. */
  tell(text: string): void;
  /** Default: real time. */
  wait?(ms: number): Promise<void>;
}

/**
 * Registers clients, walks a person through logins, and removes everything again, whatever happened: after a failure
 * and an abort too. Rejects with `LaunchDarklyApiError` when no client can be registered, and with the reason of the abort.
 */
export async function collectFacts(setup: Collecting): Promise<FactsReport> {
  const { http, launchDarkly, apiToken, baseUri, signal, tell } = setup;
  const wait = setup.wait ?? ((ms) => sleep(ms, undefined, { signal }));
  const calls = createCalls({ http, baseUri, signal, wait });
  const unstoppable = { signal: new AbortController().signal, wait: setup.wait ?? ((ms) => sleep(ms)) };
  const traces = createTraces({ ...unstoppable, launchDarkly, apiToken });
  const findings = createFindings();
  try {
    signal.throwIfAborted();
    const probing = { ...setup, calls, findings, traces, wait };
    tell('Registering OAuth2 clients, and looking at how that is received …');
    const client = await probeRegistration(probing);
    setup.ready(client.redirectUri);
    await probeLogins(probing, client);
    return makeReport(findings, baseUri);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    await traces
      .revokeTokens(createCalls({ ...unstoppable, http, baseUri }))
      .catch(() => tell('Not every token could be revoked. They can only read, and they expire.'));
    for (const left of await traces.removeClients()) tell(left);
  }
}
