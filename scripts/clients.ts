import type { ScriptConfig } from '../src/config/config.ts';
import { loadScriptConfig } from '../src/config/config.ts';
import { cleanText } from '../src/launchdarkly/index.ts';
import type { RegistrationContext } from './registration/index.ts';
import { deleteClient, listClients, registerClient, showClient, updateClient } from './registration/index.ts';
import { withRegistration } from './support/open-registration.ts';
import { runScript } from './support/run-script.ts';
import { printChanges, printClient, printClientInFull } from './support/show-client.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments, UsageError } from './support/usage.ts';

const help = `
The life of the app's OAuth2 client at LaunchDarkly, after npm run bootstrap.

npm run clients -- list                list the clients of the account; * marks the one in .env
npm run clients -- show [ID]           show one client, by default the one in .env
npm run clients -- update [ID] --name NAME --description TEXT --redirect-uri URI
                                       change what is given
npm run clients -- rotate [--keep-old] register a new client with a new secret, save it, delete the old one
npm run clients -- delete ID [--force] delete a client; --force even the one in .env

  --env-file PATH   the file to read and write (default: .env)
  --yes             answer every question with yes
  --json            one JSON document on stdout
  --help            this text

LD_ACCESS_TOKEN: an API access token with the Admin role; asked for when it is not set.
`;

const common = {
  'env-file': { type: 'string', default: '.env' },
  yes: { type: 'boolean', default: false },
  json: { type: 'boolean', default: false },
} as const;
const fields = {
  name: { type: 'string' },
  description: { type: 'string' },
  'redirect-uri': { type: 'string' },
} as const;

const usages = {
  list: { command: 'clients list', help, options: common },
  show: { command: 'clients show', help, options: common, arguments: { min: 0, max: 1 } },
  update: { command: 'clients update', help, options: { ...common, ...fields }, arguments: { min: 0, max: 1 } },
  rotate: { command: 'clients rotate', help, options: { ...common, 'keep-old': { type: 'boolean', default: false } } },
  delete: {
    command: 'clients delete',
    help,
    options: { ...common, force: { type: 'boolean', default: false } },
    arguments: { min: 1, max: 1 },
  },
} as const;

const commands: Readonly<Record<string, (terminal: Terminal, argv: readonly string[]) => Promise<number>>> = {
  list,
  show,
  update,
  rotate,
  delete: remove,
};

await runScript(async (terminal) => {
  const [name = '', ...argv] = process.argv.slice(2).filter((argument) => argument !== '--');
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (command) return command(terminal, argv);
  if (readArguments({ command: 'clients', help, options: common }, name.startsWith('-') ? [name] : []) === undefined)
    return 0;
  throw new UsageError('Say what to do: list, show, update, rotate or delete. --help says more.');
});

async function list(terminal: Terminal, argv: readonly string[]): Promise<number> {
  const call = readArguments(usages.list, argv);
  if (!call) return 0;
  const clients = await run(terminal, call.values, (context) => listClients(context));
  terminal.printJson({ clients });
  for (const client of clients) printClient(terminal, client, call.values['env-file']);
  if (clients.length === 0) terminal.print('There are no clients. npm run bootstrap registers one.');
  return 0;
}

async function show(terminal: Terminal, argv: readonly string[]): Promise<number> {
  const call = readArguments(usages.show, argv);
  if (!call) return 0;
  const client = await run(terminal, call.values, (context) => showClient(context, call.positionals[0]));
  terminal.printJson({ client });
  printClientInFull(terminal, client, call.values['env-file']);
  return 0;
}

async function update(terminal: Terminal, argv: readonly string[]): Promise<number> {
  const call = readArguments(usages.update, argv);
  if (!call) return 0;
  const { name, description, 'redirect-uri': redirectUri } = call.values;
  if (name === '') throw new UsageError('--name must not be empty.');
  if ([name, description, redirectUri].every((value) => value === undefined)) {
    throw new UsageError('Say what to change: --name, --description or --redirect-uri.');
  }
  const { client, changes } = await run(terminal, call.values, (context) =>
    updateClient(context, { name, description, redirectUri }, call.positionals[0]),
  );
  terminal.printJson({ client, changes });
  terminal.print(changes.length > 0 ? 'Changed.' : 'Nothing to change: it is as asked already.');
  printChanges(terminal, changes);
  printClientInFull(terminal, client, call.values['env-file']);
  return 0;
}

async function rotate(terminal: Terminal, argv: readonly string[]): Promise<number> {
  const call = readArguments(usages.rotate, argv);
  if (!call) return 0;
  const { 'env-file': envFile, 'keep-old': keepOld } = call.values;
  const { old, client } = await run(terminal, call.values, async (context, config) => {
    const old = await showClient(context);
    const redirectUri = config.redirectUri.href;
    const { client } = await registerClient({ ...context, redirectUri, rotate: true, keepOld });
    return { old, client };
  });
  terminal.printJson({ client, old: { clientId: old.clientId, kept: keepOld } });
  if (client) printClientInFull(terminal, { ...client, inUse: true, unfinished: false }, envFile);
  terminal.print(
    keepOld
      ? `\nNext: restart the app. The old client works until: npm run clients -- delete ${cleanText(old.clientId)}`
      : '\nNext: restart the app, since the old client is gone. Everybody logs in again.',
  );
  return 0;
}

async function remove(terminal: Terminal, argv: readonly string[]): Promise<number> {
  const call = readArguments(usages.delete, argv);
  if (!call) return 0;
  const [clientId = ''] = call.positionals;
  const { force } = call.values;
  const client = await run(terminal, call.values, (context) => deleteClient(context, clientId, { force }));
  terminal.printJson({ deleted: client });
  terminal.print(`Deleted "${cleanText(client.name)}" (${cleanText(client.clientId)}).`);
  if (client.inUse) terminal.info(`${call.values['env-file']} still names it; npm run bootstrap registers a new one.`);
  return 0;
}

interface CommonValues {
  readonly 'env-file': string;
  readonly yes: boolean;
  readonly 'redirect-uri'?: string | undefined;
}

function run<T>(
  terminal: Terminal,
  { 'env-file': envFile, yes, 'redirect-uri': redirectUri }: CommonValues,
  task: (context: RegistrationContext, config: ScriptConfig) => Promise<T>,
): Promise<T> {
  const config = loadScriptConfig({ envFile, flags: { LD_OAUTH_REDIRECT_URI: redirectUri } });
  return withRegistration(terminal, config, { envFile, yes }, (context) => task(context, config));
}
