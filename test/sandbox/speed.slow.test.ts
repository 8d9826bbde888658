import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';

/** In a process of its own, so that neither this runner nor its transforms are measured. Times are wall-clock time, with room for a busy machine. */
const PROGRAM = `
import { startSandbox } from './src/sandbox/start-sandbox.ts';
import { registerClient, tokensFor } from './test/sandbox/support.ts';

const before = performance.now();
const sandbox = await startSandbox({ port: 0, autoApprove: true });
const startMs = performance.now() - before;
const client = await registerClient(sandbox);
const login = () => tokensFor(sandbox, client);
for (let i = 0; i < 100; i += 1) await login();
const logins = 200;
sandbox.clearLedger();
for (let i = 0; i < logins; i += 1) await login();
const ownMs = sandbox.ledger().reduce((sum, { response }) => sum + response.durationMs, 0) / logins;
await sandbox.close();
console.log(JSON.stringify({ startMs, ownMs }));
`;

test('starts in well under half a second, and takes under 10 ms of its own for a whole login', async () => {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', PROGRAM];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  const { startMs, ownMs } = JSON.parse(stdout);
  expect(startMs).toBeLessThan(500);
  expect(ownMs).toBeLessThan(10);
});
