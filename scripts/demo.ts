import { mkdir } from 'node:fs/promises';
import { type AppConfig, loadAppConfig, loadDemoConfig, type SandboxConfig } from '../src/config/config.ts';
import { exitOnCrash, stopOnSignals } from '../src/http-server/stop.ts';
import { cleanLines, createHttp, createLaunchDarkly } from '../src/launchdarkly/index.ts';
import { createLogger } from '../src/logging/log.ts';
import type { Sandbox } from '../src/sandbox/start-sandbox.ts';
import { startSandbox } from '../src/sandbox/start-sandbox.ts';
import type { RunningApp } from '../src/start-app.ts';
import { startApp } from '../src/start-app.ts';
import { registerClient } from './registration/index.ts';
import { readArguments, UsageError } from './support/usage.ts';

const help = `npm run demo

Starts the sandbox (a stand-in LaunchDarkly), registers a client there, starts the app, and prints the URL to open.
Needs no account and no settings. Its files live under .data/demo/; .env is neither read nor changed. Ctrl-C ends it all.

Environment:
  PORT           the app's port, default 3000
  SANDBOX_PORT   the sandbox's port, default 4000
`;

const folder = '.data/demo';
const envFile = `${folder}/.env`;
const logger = createLogger({ level: 'warn', format: 'pretty' });

await main().catch(fail);

async function main(): Promise<void> {
  if (!readArguments({ command: 'demo', help, options: {} }, process.argv.slice(2))) return;
  exitOnCrash(logger);
  const { appPort, sandbox: sandboxConfig } = loadDemoConfig();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const redirectUri = `https://localhost:${appPort}/auth/callback`;
  const sandbox = await openSandbox(sandboxConfig);
  await register(sandbox, redirectUri);
  const app = await openApp(settingsFor(sandbox, redirectUri), appPort);
  stopOnSignals({
    server: app.server,
    logger,
    onStopping: app.announceStop,
    close: () => closeAll(app, sandbox),
  });
  process.stderr.write(`
Log in with LaunchDarkly runs, against a sandbox that stands in for LaunchDarkly on port ${new URL(sandbox.url).port}.
The browser will warn about the certificate, which was made on this machine; \`npm run trust\` makes it trusted.
Ctrl-C ends the demo. Open:

`);
  process.stdout.write(`https://localhost:${appPort}\n`);
}

async function openSandbox({ adminToken, readerToken, port }: SandboxConfig): Promise<Sandbox> {
  const tokens = { ...(adminToken && { adminToken }), ...(readerToken && { readerToken }) };
  try {
    return await startSandbox({ port, dataDir: `${folder}/sandbox`, ...tokens });
  } catch (error) {
    throw portTaken(error, 'SANDBOX_PORT', port) ?? error;
  }
}

/** The very code of `npm run bootstrap`, with the sandbox's Admin token. A second run finds the client registered. */
async function register(sandbox: Sandbox, redirectUri: string): Promise<void> {
  const http = createHttp();
  await registerClient({
    launchDarkly: createLaunchDarkly({ baseUri: sandbox.url, http }),
    apiToken: sandbox.adminToken,
    baseUri: sandbox.url,
    envFile,
    name: 'Log in with LaunchDarkly demo',
    redirectUri,
    confirm: async () => true,
    tell: (notice) => process.stderr.write(`${cleanLines(notice)}\n`),
  });
  await http.close();
}

/** Nothing but the demo's own files decides: a half-finished `.env` of the reader's does not get in the way. */
function settingsFor(sandbox: Sandbox, redirectUri: string): AppConfig {
  return loadAppConfig({
    envFile,
    env: {
      LD_BASE_URI: sandbox.url,
      LD_OAUTH_REDIRECT_URI: redirectUri,
      SESSION_STORE: `file:${folder}/sessions.db`,
    },
  });
}

async function openApp(config: AppConfig, port: number): Promise<RunningApp> {
  try {
    return await startApp(config, logger);
  } catch (error) {
    throw portTaken(error, 'PORT', port) ?? error;
  }
}

async function closeAll(app: RunningApp, sandbox: Sandbox): Promise<void> {
  await app.close();
  await sandbox.close();
}

function portTaken(error: unknown, setting: string, port: number): UsageError | undefined {
  if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') return undefined;
  return new UsageError(
    `Port ${port} is taken by another program, perhaps another demo. Choose others: PORT=3001 SANDBOX_PORT=4001 npm run demo (${setting} is the one that is taken).`,
  );
}

function fail(error: unknown): never {
  const { message, exitCode = 1 } = error as Error & { exitCode?: number };
  process.stderr.write(`${cleanLines(message)}\n`);
  process.exit(exitCode);
}
