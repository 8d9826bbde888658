import { homedir } from 'node:os';
import { parseArgs } from 'node:util';
import pc from 'picocolors';
import { ConfigError, loadScriptConfig } from '../src/config/config.ts';
import { localCertificate } from '../src/local-https/certificate.ts';
import { LocalCertificateError } from '../src/local-https/local-certificate-error.ts';
import { showCommand } from '../src/local-https/run-command.ts';
import type { TrustOutcome, TrustPlan, TrustStep } from '../src/local-https/trust-plan.ts';
import { carryOut, planTrust } from '../src/local-https/trust-plan.ts';

type Options = ReturnType<typeof readOptions>;

const HELP = `npm run trust: make this machine's browsers trust the certificate of the app on https://localhost.

Usage: npm run trust -- [options]

  --undo                take it back: remove just what this command added
  --yes                 do not ask before changing anything
  --dry-run             say what would be done, and do nothing
  --no-system           leave the list of the whole machine alone (Linux; it needs root): browsers only
  --directory <path>    where the local certificate is kept (default .data/tls)
  --json                one JSON document on standard output
  --help                this text

What is trusted is a certificate authority that was made on this machine for this app alone. Its key was thrown away
when it had signed the app's certificate, so nobody can make another certificate with it.

Exit codes: 0 done, 1 something could not be changed, 2 wrong usage or settings.
`;

class UsageError extends Error {}

async function main(): Promise<number> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  if (!options.undo && !options['dry-run']) await makeCertificate(options.directory);
  const machine = {
    platform: process.platform,
    home: homedir(),
    isRoot: process.getuid?.() === 0,
    includeSystem: !options['no-system'],
  };
  const plan = await planTrust(machine, options.directory, options.undo);
  announce(plan, options);
  if (options['dry-run'])
    return report(
      options,
      plan,
      plan.steps.map((step) => asPlanned(step, plan, options)),
    );
  const changes = plan.steps.some(({ store, commands }) => commands.length > 0 && !store.blocked);
  if (changes && !options.yes && !(await agreed())) return 1;
  return report(options, plan, await carryOut(plan, options.directory));
}

function readOptions() {
  const { values } = parseArgs({
    options: {
      undo: { type: 'boolean', default: false },
      yes: { type: 'boolean', short: 'y', default: false },
      'dry-run': { type: 'boolean', default: false },
      'no-system': { type: 'boolean', default: false },
      directory: { type: 'string', default: '.data/tls' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.directory === '') throw new UsageError('--directory needs a path: --directory .data/tls');
  if (!values.yes && !values['dry-run'] && !values.help && !process.stdin.isTTY) {
    throw new UsageError(
      'Nobody can be asked here. Add --yes to go ahead, or --dry-run to see what would be done.',
    );
  }
  return values;
}

/** Many will trust before they start the app for the first time: make the certificate that the app will use. */
async function makeCertificate(directory: string): Promise<void> {
  const { redirectUri } = loadScriptConfig();
  if (!redirectUri.local) {
    throw new UsageError(
      `The host of LD_OAUTH_REDIRECT_URI, ${redirectUri.hostname}, is not a name of this machine: its certificate comes from elsewhere and needs no trust from here.`,
    );
  }
  await localCertificate({ directory, hostnames: [redirectUri.hostname] });
}

/** Says what is going to happen, command by command, before it does. */
function announce({ authority, steps }: TrustPlan, { undo, directory }: Options): void {
  if (!authority) {
    const what = undo
      ? `Nothing to take back: ${directory} knows of no certificate authority.`
      : `There is no certificate in ${directory} yet. One would be made, and its authority added to:`;
    say(what);
    if (!undo) for (const { store } of steps) say(`  ${store.name}`);
    return;
  }
  say(
    `The certificate authority "${authority}" in ${directory} ${undo ? 'is no longer' : 'is'} to be trusted by:`,
  );
  for (const { store, commands } of steps) {
    say(`  ${pc.bold(store.name)}${commands.length === 0 ? ': as it should be already' : ''}`);
    if (store.blocked) continue;
    for (const command of commands) say(`    ${showCommand(command)}`);
  }
}

async function agreed(): Promise<boolean> {
  const { confirm } = await import('@inquirer/prompts');
  return confirm({ message: 'Go ahead?' }, { output: process.stderr });
}

function asPlanned({ store, commands }: TrustStep, plan: TrustPlan, { undo }: Options): TrustOutcome {
  const { name, forBrowsers } = store;
  const toBeMade = !plan.authority && !undo;
  if (commands.length === 0 && !toBeMade) return { name, forBrowsers, state: 'unchanged' };
  return { name, forBrowsers, state: store.blocked ? 'blocked' : 'planned' };
}

/** The result on standard output. Fails when something failed, or when a browser could not be served. */
function report(options: Options, plan: TrustPlan, outcomes: TrustOutcome[]): number {
  if (options.json) {
    process.stdout.write(
      `${JSON.stringify({ authority: plan.authority, undo: options.undo, stores: outcomes }, null, 2)}\n`,
    );
  } else if (!options['dry-run']) {
    for (const outcome of outcomes) process.stdout.write(`${sentence(outcome, options.undo)}\n`);
  }
  if (outcomes.some(({ state }) => state === 'changed')) say('Restart the browsers that are open now.');
  const wrong = outcomes.some(
    ({ state, forBrowsers }) => state === 'failed' || (state === 'blocked' && (forBrowsers || options.undo)),
  );
  return wrong && !options['dry-run'] ? 1 : 0;
}

function sentence({ name, state, detail }: TrustOutcome, undo: boolean): string {
  const done = undo ? 'no longer trusts it' : 'trusts it';
  if (state === 'changed') return `${pc.green('✓')} ${name} ${done} now`;
  if (state === 'unchanged')
    return `${pc.green('✓')} ${name} ${undo ? 'does not trust it' : 'trusted it already'}`;
  return `${state === 'blocked' ? pc.yellow('!') : pc.red('✗')} ${name} was not changed: ${detail}`;
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

try {
  process.exitCode = await main();
} catch (error) {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'ExitPromptError') {
    say('Nothing was changed.');
    process.exitCode = 1;
  } else if (
    error instanceof UsageError ||
    error instanceof ConfigError ||
    code?.startsWith('ERR_PARSE_ARGS')
  ) {
    say(`${message}\nnpm run trust -- --help lists what there is.`);
    process.exitCode = 2;
  } else if (error instanceof LocalCertificateError) {
    say(message);
    process.exitCode = 1;
  } else throw error;
}
