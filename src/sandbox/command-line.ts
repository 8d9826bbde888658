import { readFileSync } from 'node:fs';
import type { ParseArgsConfig, parseArgs } from 'node:util';
import { readFactsReport } from './facts-report.ts';
import { SandboxError } from './sandbox-error.ts';
import type { Sandbox, SandboxOptions } from './start-sandbox.ts';
import { switchFromText } from './switch-values.ts';
import type { Switches } from './switches.ts';
import { DEFAULT_SWITCHES } from './switches.ts';

/** One option of the command line: as `parseArgs` takes it, and a line for `--help`. Without `help` it is not shown. */
type Flag = NonNullable<ParseArgsConfig['options']>[string] & { value?: string; help?: string };

/** Every option of the command line except `--help`. */
export const flags = {
  port: {
    type: 'string',
    value: '<number>',
    help: 'where to listen; 0 picks a free port (default 4000, or SANDBOX_PORT)',
  },
  host: {
    type: 'string',
    value: '<address>',
    help: 'the address to listen on (default 127.0.0.1: this machine only)',
  },
  'public-url': {
    type: 'string',
    value: '<url>',
    help: 'the URL that browsers and apps use, where it is another than requests say',
  },
  'data-dir': {
    type: 'string',
    value: '<path>',
    help: 'keep clients and tokens there over restarts (default: in memory)',
  },
  seed: {
    type: 'string',
    value: '<path>',
    help: 'accounts, members and clients of your own, as JSON (default: the personas it ships with)',
  },
  'seed-file': { type: 'string' }, // the former name of --seed
  tls: {
    type: 'string',
    value: '<path>',
    help: 'listen with https: a PEM file with key and certificate, e.g. .data/tls/certificate-1.pem',
  },
  switch: {
    type: 'string',
    multiple: true,
    value: '<name=value>',
    help: 'change how it behaves, e.g. --switch httpLocalhostRedirectUris=true; can be given more than once',
  },
  like: {
    type: 'string',
    value: '<path>',
    help: 'behave as LaunchDarkly did for a facts report; --switch goes before it',
  },
  'auto-approve': {
    type: 'boolean',
    default: false,
    help: 'answer an authorization request that has login_hint=<e-mail> at once, without pages',
  },
  json: { type: 'boolean', default: false, help: 'print what an app needs as one line of JSON' },
} as const satisfies Record<string, Flag>;

/** The options as `parseArgs` gives them. */
type FlagValues = ReturnType<typeof parseArgs<{ options: typeof flags }>>['values'];

/**
 * Turns the options into those of `startSandbox`. Throws `SandboxError` when one is wrong.
 *
 * @param defaults what holds where the command line says nothing.
 */
export function readFlags(values: FlagValues, defaults: SandboxOptions): SandboxOptions {
  return {
    ...defaults,
    port: values.port === undefined ? defaults.port : readPort('--port', values.port),
    host: values.host,
    publicUrl: values['public-url'],
    dataDir: values['data-dir'],
    tls: values.tls === undefined ? undefined : readKeyAndCertificate(values.tls),
    seedFile: values.seed ?? values['seed-file'],
    switches: { ...(values.like && switchesLike(values.like)), ...readSwitches(values.switch ?? []) },
    autoApprove: values['auto-approve'],
  };
}

/** Throws `SandboxError`, which names `source` as the place to correct. */
export function readPort(source: string, text: string): number {
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new SandboxError(
    `${source} ${text}: must be a number from 0 to 65535, for example 4000. --help shows more.`,
  );
}

/** One file for both, as the local certificate of an app is kept. */
function readKeyAndCertificate(file: string): { key: string; cert: string } {
  try {
    const pem = readFileSync(file, 'utf8');
    return { key: pem, cert: pem };
  } catch (error) {
    throw new SandboxError(`--tls ${file} cannot be read (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** Each is `name=value`. */
function readSwitches(settings: readonly string[]): Partial<Switches> {
  const pairs = settings.map((setting) => setting.split(/=(.*)/s));
  return Object.assign({}, ...pairs.map(([name = '', value = '']) => switchFromText(name, value)));
}

/** Says on stderr what is set, and what no switch can imitate. Throws `SandboxError`. */
function switchesLike(path: string): Partial<Switches> {
  const { switches, unlike } = readFactsReport(path);
  const other = Object.entries(switches).filter(
    ([name, value]) => DEFAULT_SWITCHES[name as keyof Switches] !== value,
  );
  const set = other.map(([name, value]) => `${name}=${value}`).join(', ') || 'nothing';
  process.stderr.write(`As in ${path}, and other than by default: ${set}.\n`);
  if (unlike.length > 0) process.stderr.write(`No switch can be set for: ${unlike.join(', ')}.\n`);
  return switches;
}

/**
 * Prints where the sandbox is, with its API access tokens, waits for Ctrl-C (or SIGTERM), and closes it.
 *
 * @param command what was typed to start it, for the hint at `--help`.
 */
export async function serveUntilInterrupted(
  sandbox: Sandbox,
  { json, command }: { json: boolean; command: string },
): Promise<void> {
  const { url, adminToken, readerToken, serviceToken } = sandbox;
  // One line, so that a program can read it while the sandbox runs. The tokens are printed on purpose.
  process.stdout.write(
    json
      ? `${JSON.stringify({ url, adminToken, readerToken, serviceToken })}\n`
      : `The LaunchDarkly sandbox is at ${url} (Ctrl-C ends it).

  Admin's API access token   ${adminToken}
  Reader's API access token  ${readerToken}
  Service token (no member)  ${serviceToken}

What arrives, and what can go wrong, is at ${url}/

The tokens are good for this sandbox only. How to point an app at it: ${command} --help
`,
  );
  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
  await sandbox.close();
}

/** @param command what is typed before the options: `npx launchdarkly-sandbox`. */
export function helpText(command: string): string {
  return `${command}: a LaunchDarkly to log in with, on this machine, for any app in any language.

Usage: ${command} [options]

${describeFlags({ ...flags, help: { type: 'boolean', help: 'this text' } })}

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
}

function describeFlags(all: Record<string, Flag>): string {
  return Object.entries(all)
    .filter(([, { help }]) => help !== undefined)
    .map(([name, { value = '', help }]) => `  ${`--${name} ${value}`.padEnd(21)} ${help}`)
    .join('\n');
}
