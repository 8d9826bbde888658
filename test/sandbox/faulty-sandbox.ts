import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { FaultProbe } from './fault-calls.ts';
import type { RegisteredClient } from './support.ts';
import { registerClient } from './support.ts';

/** For the tests of the file that imports it: a sandbox where everybody consents, without faults when a test begins. */
export let sandbox: Sandbox;
/** Registered there all the time. */
export let client: RegisteredClient;
/** Causes faults there. */
export let probe: FaultProbe;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
  client = await registerClient(sandbox);
  probe = new FaultProbe(sandbox, client);
});
beforeEach(() => sandbox.reset({ keepClients: true }));
afterAll(() => sandbox.close());
