import type { ScriptConfig } from '../src/config/config.ts';
import { loadScriptConfig, overriddenByEnvironment } from '../src/config/config.ts';
import { cleanText } from '../src/launchdarkly/index.ts';
import type { Registration } from './registration/index.ts';
import { registerClient, savedNames } from './registration/index.ts';
import { withRegistration } from './support/open-registration.ts';
import { runScript } from './support/run-script.ts';
import { printChanges } from './support/show-client.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments, UsageError } from './support/usage.ts';

const usage = {
  command: 'bootstrap',
  help: `
Registers the app as an OAuth2 client at LaunchDarkly and saves id, secret, redirect URI, account id and a session
secret in .env. Safe to run again, also after a run that broke off.

npm run bootstrap -- [options]

  --name NAME             what members see when they are asked to authorize the app
  --description TEXT      shown in the list of clients
  --redirect-uri URI      where LaunchDarkly sends people back to (default: LD_OAUTH_REDIRECT_URI)
  --base-uri URI          the LaunchDarkly instance, or the sandbox (default: LD_BASE_URI)
  --env-file PATH         the file to read and write (default: .env)
  --dry-run               look, say what would be done, change nothing
  --rotate                replace the client by one with a new secret
  --yes                   answer every question with yes
  --json                  one JSON document on stdout
  --help                  this text

LD_ACCESS_TOKEN: an API access token with the Admin role; asked for when it is not set.
`,
  options: {
    name: { type: 'string' },
    description: { type: 'string' },
    'redirect-uri': { type: 'string' },
    'base-uri': { type: 'string' },
    'env-file': { type: 'string', default: '.env' },
    'dry-run': { type: 'boolean', default: false },
    rotate: { type: 'boolean', default: false },
    yes: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
} as const;

await runScript(async (terminal) => {
  const call = readArguments(usage, process.argv.slice(2));
  if (!call) return 0;
  if (call.values.name === '') throw new UsageError('--name must not be empty.');
  const { 'env-file': envFile, 'redirect-uri': redirectUri, 'dry-run': dryRun, ...flags } = call.values;
  const settings = { LD_OAUTH_REDIRECT_URI: redirectUri, LD_BASE_URI: flags['base-uri'] };
  const config = loadScriptConfig({ envFile, flags: settings });
  const registration = await withRegistration(terminal, config, { envFile, yes: flags.yes }, (context) =>
    registerClient({
      ...context,
      redirectUri: config.redirectUri.href,
      name: flags.name,
      description: flags.description,
      rotate: flags.rotate,
      dryRun,
    }),
  );
  warnOfEnvironment(terminal, envFile);
  show(terminal, registration, config, envFile);
  return 0;
});

function warnOfEnvironment(terminal: Terminal, envFile: string): void {
  const names = overriddenByEnvironment(savedNames, envFile);
  if (names.length > 0) terminal.info(`${names.join(', ')}: set in the environment, which wins over ${envFile}.`);
}

function show(terminal: Terminal, registration: Registration, config: ScriptConfig, envFile: string): void {
  terminal.printJson({ ...registration, envFile });
  const { client, changes, written, dryRun } = registration;
  terminal.print(headline(registration));
  printChanges(terminal, changes);
  terminal.print(`  redirect URI  ${dryRun ? config.redirectUri.href : cleanText(client?.redirectUri ?? '')}`);
  terminal.print(`  LaunchDarkly  ${config.baseUri}`);
  if (client) terminal.print(`  account       ${cleanText(client.accountId)}`);
  if (written.length > 0) terminal.print(`  saved         ${written.join(', ')} in ${envFile}`);
  if (!dryRun) terminal.print(nextStep(registration, config, envFile));
}

function headline({ action, dryRun, client }: Registration): string {
  const what = client ? `"${cleanText(client.name)}" (${cleanText(client.clientId)})` : 'a new client';
  if (action === 'unchanged') return `Already registered: ${what}.`;
  if (dryRun) return `Would have ${action} ${what}. Nothing was changed.`;
  return `${action[0]?.toUpperCase()}${action.slice(1)} ${what}.`;
}

function nextStep({ action }: Registration, { redirectUri }: ScriptConfig, envFile: string): string {
  const start = envFile === '.env' ? 'npm start' : `the app with the settings of ${envFile}`;
  if (action === 'rotated') return '\nNext: restart the app, since the old secret no longer works.';
  return `\nNext: ${start}, then open ${redirectUri.site}. The access token is no longer needed.`;
}
