import { type AppConfig, type DemoConfig, loadAppConfig, loadDemoConfig } from '../src/config/config.ts';
import { isOverSsh } from '../src/config/surroundings.ts';
import { exitOnCrash } from '../src/http-server/stop.ts';
import { createHttp, createLaunchDarkly } from '../src/launchdarkly/index.ts';
import { createLogger, type Logger } from '../src/logging/log.ts';
import type { Sandbox } from '../src/sandbox/start-sandbox.ts';
import { type RunningApp, startApp } from '../src/start-app.ts';
import { type Addresses, isLocal, readAddresses } from './demo/addresses.ts';
import { demoFolder, envFile, explainingFiles, makeFolder, noteRunning, removeNote } from './demo/files.ts';
import { checkAppPort } from './demo/ports.ts';
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
  --public-url <url>       where the browser finds the app, if not at https://localhost: behind a port forwarder
  --sandbox-url <url>      where the browser finds the sandbox
  --help                   this text

In GitHub Codespaces and Gitpod it finds both URLs itself.
`;

const usage = {
  command: 'demo',
  help,
  options: {
    port: { type: 'string' },
    'sandbox-port': { type: 'string' },
    'public-url': { type: 'string' },
    'sandbox-url': { type: 'string' },
  },
} as const;

const log = createLogger({ level: 'info', format: 'pretty', destination: process.stderr });

/** What happens to logins, without a line for each page, picture and style sheet. */
const logger: Logger = Object.create(log, {
  info: { value: (line: { event?: string }, text?: string) => line.event !== 'request' && log.info(line, text) },
});

/** Milliseconds from a signal to the end, whatever still runs. */
const mostStopping = 700;

await runScript(runDemo, { endsItself: true });

async function runDemo(terminal: Terminal): Promise<number> {
  const call = readArguments(usage, process.argv.slice(2));
  if (!call) return 0;
  exitOnCrash(logger);
  const { port, 'sandbox-port': sandboxPort } = call.values;
  const config = loadDemoConfig({ flags: { PORT: port, SANDBOX_PORT: sandboxPort } });
  await checkAppPort(config.appPort);
  const at = await readAddresses(config, call.values);
  await makeFolder();
  const { sandbox, app } = await explainingFiles(() => start(config, at, terminal));
  await noteRunning(at);
  terminal.info(greeting(at));
  terminal.print(at.app);
  await signal();
  await stop(app, sandbox);
  return 0;
}

async function start({ sandbox: { adminToken, readerToken } }: DemoConfig, at: Addresses, terminal: Terminal) {
  const sandbox = await openSandbox({
    port: at.sandboxPort,
    dataDir: `${demoFolder}/sandbox`,
    ...(at.sandbox !== at.sandboxHere && { publicUrl: at.sandbox }),
    ...(adminToken && { adminToken }),
    ...(readerToken && { readerToken }),
  });
  try {
    await register(sandbox, at, terminal);
    return { sandbox, app: await startApp(settingsFor(at), logger) };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}

function redirectUriOf({ app }: Addresses): string {
  return `${app}/auth/callback`;
}

/** The very code of `npm run bootstrap`, with the sandbox's Admin token. A second run finds the client registered. */
async function register({ adminToken }: Sandbox, at: Addresses, terminal: Terminal): Promise<void> {
  const http = createHttp();
  await registerClient({
    launchDarkly: createLaunchDarkly({ baseUri: at.sandboxHere, http }),
    apiToken: adminToken,
    baseUri: at.sandboxHere,
    envFile,
    name: 'Log in with LaunchDarkly demo',
    redirectUri: redirectUriOf(at),
    confirm: async () => true,
    tell: terminal.info,
  });
  await http.close();
}

/** Nothing but the demo's own files decides: a half-finished `.env` of the reader's does not get in the way. */
function settingsFor(at: Addresses): AppConfig {
  const config = loadAppConfig({
    envFile,
    env: {
      LD_BASE_URI: at.sandboxHere,
      LD_OAUTH_REDIRECT_URI: redirectUriOf(at),
      SESSION_REVALIDATE: '10s', // so that a removed member is noticed while one watches
      SESSION_STORE: `file:${demoFolder}/sessions.db`,
      PORT: String(at.appPort),
      HOST: 'localhost', // forwarders run on this machine
      FLOW_INSPECTOR: 'on',
    },
  });
  return { ...config, publicBaseUri: at.sandbox, tutorial: true };
}

function greeting({ app, appPort, sandbox, sandboxPort }: Addresses): string {
  const certificate = isLocal(app)
    ? ' The browser warns about the\n     certificate, which was made on this machine; npm run trust makes it trusted.'
    : '';
  const tunnel = isOverSsh()
    ? `\nIs your browser on another machine? There: ssh -L ${appPort}:localhost:${appPort} -L ${sandboxPort}:127.0.0.1:${sandboxPort} <this machine>\n`
    : '';
  return `
The demo is running. A sandbox on this machine plays LaunchDarkly.

  1. Open the app (its URL is below), log in, and choose one of the people.${certificate}
  2. See every message of that login:  ${app}/flow
  3. Learn how it works, and break it with one click:  ${app}/tutorial
  4. Make LaunchDarkly slow, wrong or unavailable, and watch what the app asks it:  ${sandbox}
${tunnel}
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
