import { loadSandboxConfig } from '../src/config/config.ts';
import type { Sandbox, SandboxOptions, Switches } from '../src/sandbox/start-sandbox.ts';
import { switchFromText } from '../src/sandbox/switch-values.ts';
import { openSandbox } from './support/open-sandbox.ts';
import { runScript } from './support/run-script.ts';
import { readArguments, UsageError } from './support/usage.ts';

const help = `npm run sandbox: a LaunchDarkly to log in with, on this machine, for any app in any language.

Usage: npm run sandbox -- [options]

  --port <number>       where to listen; 0 picks a free port (default 4000, or SANDBOX_PORT)
  --host <address>      the address to listen on (default 127.0.0.1: this machine only)
  --public-url <url>    the URL that browsers and apps use, where it is another than requests say
  --data-dir <path>     keep clients and tokens there over restarts (default: in memory)
  --seed <path>         accounts, members and clients of your own, as JSON (default: the personas it ships with)
  --switch <name=value> change how it behaves, e.g. --switch httpLocalhostRedirectUris=true; can be given more than once
  --auto-approve        answer an authorization request that has login_hint=<e-mail> at once, without pages
  --json                print what an app needs as one line of JSON
  --help                this text

Environment: SANDBOX_PORT, SANDBOX_ADMIN_TOKEN, SANDBOX_READER_TOKEN (made up when not set).

To log in from your own app:
  1. Start it; it prints its URL and API access tokens.
  2. Register your app, with the redirect URI it really uses (https; the secret is in this answer only):
       curl http://127.0.0.1:4000/api/v2/oauth/clients \\
         -H 'Authorization: <the Admin token>' -H 'Content-Type: application/json' \\
         -d '{"name":"My app","redirectUri":"https://localhost:3000/callback"}'
  3. Give your OAuth library these endpoints, the scope "reader", and the id and secret from step 2:
       http://127.0.0.1:4000/trust/oauth/authorize
       http://127.0.0.1:4000/trust/oauth/token
     or let it read http://127.0.0.1:4000/.well-known/oauth-authorization-server (there is no OpenID discovery).
  4. Log in; then ask who it is, with "Authorization: Bearer <access token>":
       http://127.0.0.1:4000/api/v2/caller-identity
       http://127.0.0.1:4000/api/v2/members/me

What it can do besides logging people in (failure menu, ledger, clock, personas, switches) is on the pages at
http://127.0.0.1:4000/ and, for tests in any language, under http://127.0.0.1:4000/__sandbox/:
  GET ledger   GET ledger.har   GET|PUT faults   GET|PATCH switches   GET personas   PATCH personas/{id}
  POST personas/{id}/revoke   GET state   POST clock {"advance":"1h"}   POST reset {"keepClients":true}
  GET|POST tenants   DELETE tenants/{id}

A seed file: {"accounts":[{"organization":"Mine","projects":[{"key":"web","name":"Web"}],
  "members":[{"email":"me@mine.example","firstName":"Me","role":"admin"}],
  "clients":[{"name":"My app","redirectUri":"https://localhost:3000/callback","id":"my-app","secret":"not-so-secret"}]}]}
Its JSON Schema is at http://127.0.0.1:4000/__sandbox/seed.schema.json

In production replace http://127.0.0.1:4000 by https://app.launchdarkly.com. Nothing else changes.
`;

const usage = {
  command: 'sandbox',
  help,
  options: {
    port: { type: 'string' },
    'data-dir': { type: 'string' },
    seed: { type: 'string' },
    'seed-file': { type: 'string' },
    host: { type: 'string' },
    'public-url': { type: 'string' },
    switch: { type: 'string', multiple: true },
    'auto-approve': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
} as const;

await runScript(runSandbox, { endsItself: true });

async function runSandbox(): Promise<number> {
  const call = readArguments(usage, process.argv.slice(2));
  if (!call) return 0;
  const sandbox = await openSandbox(readOptions(call.values));
  // One line, so that a program can read it while the sandbox runs. The tokens are printed on purpose.
  process.stdout.write(call.values.json ? `${JSON.stringify(essentials(sandbox))}\n` : greeting(sandbox));
  await interrupted();
  await sandbox.close();
  return 0;
}

type Values = NonNullable<ReturnType<typeof readArguments<typeof usage.options>>>['values'];

/** Throws `UsageError` or `ConfigError` when an option or a variable is wrong. */
function readOptions(values: Values): SandboxOptions {
  const { port, adminToken, readerToken } = loadSandboxConfig();
  const seedFile = values.seed ?? values['seed-file'];
  return {
    autoApprove: values['auto-approve'],
    port: values.port === undefined ? port : readPort(values.port),
    switches: readSwitches(values.switch ?? []),
    ...(seedFile === undefined ? {} : { seedFile }),
    ...(values.host === undefined ? {} : { host: values.host }),
    ...(values['public-url'] === undefined ? {} : { publicUrl: values['public-url'] }),
    ...(values['data-dir'] === undefined ? {} : { dataDir: values['data-dir'] }),
    ...(adminToken === undefined ? {} : { adminToken }),
    ...(readerToken === undefined ? {} : { readerToken }),
  };
}

function readPort(text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new UsageError(
    `--port ${text}: must be a number from 0 to 65535, for example --port 4000. npm run sandbox -- --help shows more.`,
  );
}

/** Each is `name=value`. */
function readSwitches(settings: readonly string[]): Partial<Switches> {
  const pairs = settings.map((setting) => setting.split(/=(.*)/s));
  return Object.assign({}, ...pairs.map(([name = '', value = '']) => switchFromText(name, value)));
}

function essentials({ url, adminToken, readerToken, serviceToken }: Sandbox) {
  return { url, adminToken, readerToken, serviceToken };
}

function greeting({ url, adminToken, readerToken, serviceToken }: Sandbox): string {
  return `The LaunchDarkly sandbox is at ${url} (Ctrl-C ends it).

  Admin's API access token   ${adminToken}
  Reader's API access token  ${readerToken}
  Service token (no member)  ${serviceToken}

What arrives, and what can go wrong, is at ${url}/

The tokens are good for this sandbox only. How to point an app at it: npm run sandbox -- --help
`;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
