import { spawn } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, jest, test } from '@jest/globals';
import { readEnvFile } from '../../src/config/config.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../../src/sandbox/start-sandbox.ts';
import { freePort } from '../support/free-port.ts';
import { follow } from '../support/program.ts';
import type { ServerProcess } from '../support/server-process.ts';
import { listening, startServerProcess } from '../support/server-process.ts';
import { logIn, whoAmI } from '../support/test-app.ts';

jest.setTimeout(120_000);

const root = path.resolve(import.meta.dirname, '../..');
let sandbox: Sandbox;
let app: ServerProcess | undefined;

beforeAll(async () => {
  sandbox = await startSandbox({ port: 0, switches: { awkwardSecrets: true } });
});
afterEach(() => app?.close());
afterAll(() => sandbox.close());

test.each(['post', 'basic'])(
  'a secret with blanks and signs works from bootstrap to login, doctor and rotation (%s)',
  async (clientAuth) => {
    const folder = await mkdtemp(path.join(tmpdir(), 'awkward-'));
    const port = await freePort();
    await writeFile(path.join(folder, '.env'), `LD_OAUTH_CLIENT_AUTH=${clientAuth}\nLOG_FORMAT=json\n`, {
      mode: 0o600,
    });
    const script = (name: string, ...args: string[]) => runScript(folder, name, args);

    await script('bootstrap', '--redirect-uri', `https://localhost:${port}/auth/callback`);
    const first = readEnvFile(path.join(folder, '.env')).LD_OAUTH_CLIENT_SECRET;
    expect(first).toMatch(/ :$/);
    await script('doctor');
    await script('clients', 'rotate', '--yes');
    expect(readEnvFile(path.join(folder, '.env')).LD_OAUTH_CLIENT_SECRET).not.toBe(first);

    app = await startServerProcess({}, {}, undefined, folder);
    await listening(app);
    const url = `https://localhost:${port}`;
    const { browser } = await logIn({ url });
    expect(await whoAmI({ url }, browser)).toMatchObject({ status: 200 });
  },
);

async function runScript(cwd: string, name: string, args: readonly string[]): Promise<void> {
  const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs');
  const program = follow(
    spawn(process.execPath, ['--import', tsx, path.join(root, `scripts/${name}.ts`), '--', ...args], {
      cwd,
      env: { PATH: process.env.PATH, LD_BASE_URI: sandbox.url, LD_ACCESS_TOKEN: sandbox.adminToken },
      stdio: ['ignore', 'pipe', 'pipe'],
    }),
  );
  expect([name, await program.ended, program.stderr]).toEqual([name, 0, '']);
}
