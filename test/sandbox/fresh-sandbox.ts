import { afterAll, beforeAll, beforeEach } from '@jest/globals';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import type { RegisteredClient } from './support.ts';
import { registerClient } from './support.ts';

/** For the tests of the file that imports it: a sandbox where everybody consents, emptied before each test. */
export let sandbox: Sandbox;
/** The one client that is registered when a test begins. */
export let client: RegisteredClient;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, autoApprove: true });
});
beforeEach(async () => {
  await sandbox.reset();
  client = await registerClient(sandbox);
});
afterAll(() => sandbox.close());
