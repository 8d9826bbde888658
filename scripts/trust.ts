import { homedir } from 'node:os';
import { loadScriptConfig } from '../src/config/config.ts';
import { isInWsl } from '../src/config/surroundings.ts';
import { localCertificate } from '../src/local-https/certificate.ts';
import { confirmWith } from './support/questions.ts';
import { runScript } from './support/run-script.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments, UsageError } from './support/usage.ts';
import type { TrustOutcome, TrustPlan, TrustStep } from './trust/plan.ts';
import { applyTrustPlan, planTrust } from './trust/plan.ts';
import { showCommand } from './trust/trust-store.ts';

const usage = {
  command: 'trust',
  help: `
Makes this machine's browsers trust the certificate of the app on https://localhost.

npm run trust -- [options]

  --undo                take it back: remove just what this command added
  --yes                 do not ask before changing anything
  --dry-run             say what would be done, and do nothing
  --no-system           leave the list of the whole machine alone (Linux; it needs root): browsers only
  --directory PATH      where the local certificate is kept (default: .data/tls)
  --json                one JSON document on stdout
  --help                this text

What is trusted is a certificate authority that was made on this machine for this app alone. Its key was thrown away
when it had signed the app's certificate, so nobody can make another certificate with it.

Exit codes: 0 done, 1 something could not be changed, 2 wrong usage or settings.
`,
  options: {
    undo: { type: 'boolean', default: false },
    yes: { type: 'boolean', short: 'y', default: false },
    'dry-run': { type: 'boolean', default: false },
    'no-system': { type: 'boolean', default: false },
    directory: { type: 'string', default: '.data/tls' },
    json: { type: 'boolean', default: false },
  },
} as const;

interface Options {
  readonly undo: boolean;
  readonly directory: string;
  readonly dryRun: boolean;
}

await runScript(async (terminal) => {
  const call = readArguments(usage, process.argv.slice(2));
  if (!call) return 0;
  const { undo, directory, yes, 'dry-run': dryRun, 'no-system': browsersOnly } = call.values;
  if (directory === '') throw new UsageError('--directory needs a path: --directory .data/tls');
  if (!undo && !dryRun) await makeCertificate(directory);
  const options = { undo, directory, dryRun };
  const plan = await planTrust(thisMachine(browsersOnly), directory, undo);
  announce(terminal, plan, options);
  if (isInWsl() && plan.authority) terminal.info(forWindows(plan, directory, undo));
  if (dryRun) {
    const outcomes = plan.steps.map((step) => asPlanned(step, plan, undo));
    terminal.printJson({ authority: plan.authority, undo, stores: outcomes });
    return 0;
  }
  const changes = plan.steps.some(({ store, commands }) => commands.length > 0 && !store.blocked);
  if (changes && !(await confirmWith(terminal, yes)({ text: 'Go ahead?' }))) return 1;
  return report(terminal, plan, await applyTrustPlan(plan, directory), options);
});

/** Windows keeps a list of its own, for Edge and Chrome, which is changed by its own program. */
function forWindows({ authority }: TrustPlan, directory: string, undo: boolean): string {
  const command = undo ? `-delstore Root "${authority}"` : '-addstore Root ca.pem';
  return `Browsers of Windows have a list of their own. To change it too: cd ${directory} && certutil.exe -user ${command}`;
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

function thisMachine(browsersOnly: boolean) {
  const isRoot = process.getuid?.() === 0;
  return { platform: process.platform, home: homedir(), isRoot, includeSystem: !browsersOnly };
}

/** Says what is going to happen, command by command, before it does. */
function announce(terminal: Terminal, { authority, steps }: TrustPlan, options: Options): void {
  const { undo, directory, dryRun } = options;
  const say = dryRun && !terminal.json ? terminal.print : terminal.info;
  if (!authority && undo) {
    say(`Nothing to take back: ${directory} knows of no certificate authority.`);
    return;
  }
  if (!authority) {
    say(`There is no certificate in ${directory} yet. One would be made, and its authority added to:`);
    for (const { store } of steps) say(`  ${store.name}`);
    return;
  }
  const trusted = undo ? 'is no longer to be trusted' : 'is to be trusted';
  say(`The certificate authority "${authority}" in ${directory} ${trusted} by:`);
  for (const { store, commands } of steps) {
    say(`  ${store.name}${commands.length === 0 ? ': as it should be already' : ''}`);
    if (!store.blocked) for (const command of commands) say(`    ${showCommand(command)}`);
  }
}

function asPlanned({ store, commands }: TrustStep, plan: TrustPlan, undo: boolean): TrustOutcome {
  const { name, forBrowsers } = store;
  const toBeMade = !plan.authority && !undo;
  if (commands.length === 0 && !toBeMade) return { name, forBrowsers, state: 'unchanged' };
  return { name, forBrowsers, state: store.blocked ? 'blocked' : 'planned' };
}

/** Fails when something failed, or when a browser could not be served. */
function report(terminal: Terminal, plan: TrustPlan, outcomes: TrustOutcome[], { undo }: Options): number {
  terminal.printJson({ authority: plan.authority, undo, stores: outcomes });
  for (const outcome of outcomes) terminal.print(sentence(terminal, outcome, undo));
  if (outcomes.some(({ state }) => state === 'changed')) terminal.info('Restart the browsers that are open now.');
  const isWrong = ({ state, forBrowsers }: TrustOutcome) =>
    state === 'failed' || (state === 'blocked' && (forBrowsers || undo));
  return outcomes.some(isWrong) ? 1 : 0;
}

function sentence({ colors }: Terminal, { name, state, detail }: TrustOutcome, undo: boolean): string {
  const done = undo ? 'no longer trusts it' : 'trusts it';
  const right = undo ? 'does not trust it' : 'trusted it already';
  if (state === 'changed') return `${colors.green('✓')} ${name} ${done} now`;
  if (state === 'unchanged') return `${colors.green('✓')} ${name} ${right}`;
  return `${state === 'blocked' ? colors.yellow('!') : colors.red('✗')} ${name} was not changed: ${detail}`;
}
