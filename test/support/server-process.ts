import { spawn } from 'node:child_process';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createHttp, createLaunchDarkly } from '../../src/launchdarkly/index.ts';
import type { Sandbox } from '../../src/sandbox/start-sandbox.ts';
import { compile } from './compiled.ts';
import type { Program } from './program.ts';
import { follow } from './program.ts';

const root = path.resolve(import.meta.dirname, '../..');
const tsx = path.join(root, 'node_modules/tsx/dist/loader.mjs');

/** The app as `npm start` runs it: a process of its own with nothing but `env`, in a folder of its own. */
export interface ServerProcess extends Program {
  readonly folder: string;
  /** Ends it, if it has not ended, and removes its folder. */
  close(): Promise<void>;
}

/**
 * Starts `src/server.ts`, or `compiled`, beside `files`; resolves before it listens: `listening` waits for that.
 * @param compiled a `server.js` that `compileServer` has made, which starts in a fraction of the time.
 * @param inFolder where it runs, which `close` removes; default a new folder.
 */
export async function startServerProcess(
  env: Record<string, string>,
  files: Record<string, string> = {},
  compiled?: string,
  inFolder?: string,
): Promise<ServerProcess> {
  const folder = inFolder ?? (await mkdtemp(path.join(tmpdir(), 'server-')));
  for (const [name, text] of Object.entries(files)) await writeFile(path.join(folder, name), text);
  const script = compiled ? [compiled] : ['--import', tsx, path.join(root, 'src/server.ts')];
  const child = spawn(process.execPath, script, {
    cwd: folder,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const program = follow(child);
  return Object.assign(program, {
    folder,
    async close() {
      child.kill('SIGKILL');
      await program.ended;
      await rm(folder, { recursive: true, force: true });
    },
  });
}

/** The app as `npm run build` makes it, in a folder of its own. */
export async function compileServer(): Promise<{ server: string; remove(): Promise<void> }> {
  const { folder, remove } = await compile(['src/server.ts']);
  for (const name of ['views', 'public']) await symlink(path.join(root, name), path.join(folder, name)).catch(() => {});
  return { server: path.join(folder, 'src/server.js'), remove };
}

/** Resolves when the process has said that it is ready; rejects with what it said when it ends instead. */
export async function listening(server: ServerProcess): Promise<void> {
  await server.prints(/"event":"listening"/);
}

/** Registers a client at the sandbox for `redirectUri`; resolves to the settings of an app that uses it. */
export async function registeredAt(sandbox: Sandbox, redirectUri: string): Promise<Record<string, string>> {
  const http = createHttp();
  const launchDarkly = createLaunchDarkly({ baseUri: sandbox.url, http });
  const client = await launchDarkly.createOAuth2Client(
    { apiToken: sandbox.adminToken },
    { name: 'Test app', redirectUri },
  );
  await http.close();
  return {
    LD_BASE_URI: sandbox.url,
    LD_OAUTH_CLIENT_ID: client.clientId,
    LD_OAUTH_CLIENT_SECRET: client.clientSecret ?? '',
    LD_OAUTH_REDIRECT_URI: redirectUri,
    LD_ACCOUNT_ID: client.accountId,
    SESSION_SECRET: 'qT7vXw0c4mS9yLr2Kd8Zp1NfGh5JbVx3Ea6UoWiRtYs',
    LOG_LEVEL: 'trace',
    LOG_FORMAT: 'json',
  };
}
