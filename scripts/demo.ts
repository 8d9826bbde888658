import { type AppConfig, type DemoConfig, loadAppConfig, loadDemoConfig } from '../src/config/config.ts';
import { exitOnCrash } from '../src/http-server/stop.ts';
import { createHttp, createLaunchDarkly } from '../src/launchdarkly/index.ts';
import { createLogger } from '../src/logging/log.ts';
import type { Sandbox } from '../src/sandbox/start-sandbox.ts';
import { type RunningApp, startApp } from '../src/start-app.ts';
import { demoFolder, envFile, explainingFiles, makeFolder, noteRunning, removeNote } from './demo/files.ts';
import { checkAppPort, freeSandboxPort } from './demo/ports.ts';
import { registerClient } from './registration/index.ts';
import { openSandbox } from './support/open-sandbox.ts';
import { runScript } from './support/run-script.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments } from './support/usage.ts';

const help = `npm run demo

Starts the sandbox (a stand-in LaunchDarkly), registers a client there, starts the app, and prints where both are.
Needs no account and no settings. Its files live under .data/demo/; .env is neither read nor changed. Ctrl-C ends it all.

  --port <number>          the app's port (default 3000, or PORT)
  --sandbox-port <number>  the sandbox's port (default 4000, or a free one if that is taken; or SANDBOX_PORT)
  --help                   this text
`;

const usage = {
  command: 'demo',
  help,
  options: { port: { type: 'string' }, 'sandbox-port': { type: 'string' } },
} as const;

const logger = createLogger({ level: 'warn', format: 'pretty' });

/** Milliseconds from a signal to the end, whatever still runs. */
const mostStopping = 900;

await runScript(runDemo, { endsItself: true });

async function runDemo(terminal: Terminal): Promise<number> {
  const call = readArguments(usage, process.argv.slice(2));
  if (!call) return 0;
  exitOnCrash(logger);
  const { port, 'sandbox-port': sandboxPort } = call.values;
  const config = loadDemoConfig({ flags: { PORT: port, SANDBOX_PORT: sandboxPort } });
  await checkAppPort(config.appPort);
  await makeFolder();
  const app = `https://localhost:${config.appPort}`;
  const { sandbox, running } = await explainingFiles(() => start(config, app, terminal));
  await noteRunning({ app, sandbox: sandbox.url });
  terminal.info(greeting(app, sandbox.url));
  terminal.print(app);
  await signal();
  await stop(running, sandbox);
  return 0;
}

async function start(config: DemoConfig, app: string, terminal: Terminal) {
  const redirectUri = `${app}/auth/callback`;
  const sandbox = await startSandbox(config);
  try {
    await register(sandbox, redirectUri, terminal);
    return { sandbox, running: await startApp(settingsFor(sandbox, redirectUri), logger) };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

async function startSandbox({ sandbox, anySandboxPort }: DemoConfig): Promise<Sandbox> {
  const { adminToken, readerToken } = sandbox;
  return openSandbox({
    port: anySandboxPort ? await freeSandboxPort(sandbox.port) : sandbox.port,
    dataDir: `${demoFolder}/sandbox`,
    ...(adminToken && { adminToken }),
    ...(readerToken && { readerToken }),
  });
}

/** The very code of `npm run bootstrap`, with the sandbox's Admin token. A second run finds the client registered. */
async function register(sandbox: Sandbox, redirectUri: string, terminal: Terminal): Promise<void> {
  const http = createHttp();
  await registerClient({
    launchDarkly: createLaunchDarkly({ baseUri: sandbox.url, http }),
    apiToken: sandbox.adminToken,
    baseUri: sandbox.url,
    envFile,
    name: 'Log in with LaunchDarkly demo',
    redirectUri,
    confirm: async () => true,
    tell: terminal.info,
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
      SESSION_STORE: `file:${demoFolder}/sessions.db`,
    },
  });
}

function greeting(app: string, sandbox: string): string {
  return `
The demo is running. A sandbox on this machine plays LaunchDarkly.

  1. Open the app (its URL is below), log in, and choose one of the people. The browser warns about the
     certificate, which was made on this machine; npm run trust makes it trusted.
  2. See every message of that login:  ${app}/flow
  3. Make a login fail, watch what the app asks LaunchDarkly:  ${sandbox}

Ctrl-C ends the demo. The app:
`;
}

function signal(): Promise<void> {
  return new Promise((resolve) => {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => resolve());
  });
}

/** The sandbox first, because the app waits for its answers. */
async function stop(app: RunningApp, sandbox: Sandbox): Promise<void> {
  setTimeout(() => process.exit(0), mostStopping).unref();
  removeNote();
  app.server.closeAllConnections();
  await sandbox.close();
  await app.stop();
}
