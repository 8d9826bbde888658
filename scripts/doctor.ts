import { cleanText } from '../src/launchdarkly/index.ts';
import { LOGINS } from './doctor/facts/logins.ts';
import type { Line } from './doctor/run-checks.ts';
import { examine, openSetup } from './doctor/run-checks.ts';
import { makeFactsReport } from './support/facts-report.ts';
import { runScript } from './support/run-script.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments, UsageError } from './support/usage.ts';

const usage = {
  command: 'doctor',
  help: `
Answers "why does my login not work?": checks the whole set-up and says what to fix. Changes no setting.

npm run doctor -- [options]

  --env-file PATH   the settings to check (default: .env)
  --own-app         the settings are those of an app of yours: check the login, not this app's certificate, port and store
  --json            one JSON document on stdout
  --help            this text

With LD_ACCESS_TOKEN set it also looks at the client as LaunchDarkly has it. Exit code 1 when a check failed.

npm run doctor -- --login [options]

Answers "how does LaunchDarkly do it?" instead: a report for this project on what LaunchDarkly does not publish
(docs/facts.md). It registers two or three OAuth2 clients, asks you to log in ${LOGINS} times in a browser on this machine,
and looks at what comes back. It needs LD_ACCESS_TOKEN, or asks for it: an API access token with the Admin role. Then it
revokes the tokens and deletes the clients, also after Ctrl-C or a failure, and says what it could not remove. Your own
client and the env file stay as they are. The report holds no token, id, name or address.

  --report PATH        where to write the report (default: facts-report.json)
  --redirect-uri URI   register this one: an http address of yours that leads to --port on this machine
                       (default: http://localhost, or https://localhost where LaunchDarkly refuses that)
  --port NUMBER        where to wait for it (default: a free port)
  --wait SECONDS       how long to wait for you at each login (default: 300)
  --yes                do not ask before registering and deleting clients
  --json               the report on stdout, instead of a block to paste

Exit code 1 when something could not be looked at; the report says what, and why.
`,
  options: {
    'env-file': { type: 'string', default: '.env' },
    'own-app': { type: 'boolean', default: false },
    login: { type: 'boolean', default: false },
    report: { type: 'string' },
    'redirect-uri': { type: 'string' },
    port: { type: 'string' },
    wait: { type: 'string' },
    yes: { type: 'boolean' },
    json: { type: 'boolean', default: false },
  },
} as const;

const withLogin = process.argv.includes('--login');

await runScript(
  async (terminal) => {
    const call = readArguments(usage, process.argv.slice(2));
    if (!call) return 0;
    const { 'env-file': envFile, 'own-app': ownApp, login, json, ...forLogin } = call.values;
    if (login) return makeFactsReport(terminal, { envFile, ...forLogin });
    if (Object.values(forLogin).some((value) => value !== undefined)) {
      throw new UsageError('--report, --redirect-uri, --port, --wait and --yes go with --login.');
    }
    return checkSetup(terminal, envFile, ownApp);
  },
  { endsItself: withLogin },
);

async function checkSetup(terminal: Terminal, envFile: string, ownApp: boolean): Promise<number> {
  const setup = openSetup({ envFile, certificateDirectory: '.data/tls' });
  for (const secret of [setup.accessToken, setup.config.clientSecret, ...setup.config.sessionSecrets]) {
    terminal.redact(secret);
  }
  const lines: Line[] = [];
  try {
    for await (const line of examine(setup, { ownApp })) {
      lines.push(line);
      show(terminal, line);
    }
  } finally {
    await setup.http.close();
  }
  const failed = lines.filter(({ status }) => status === 'failed').length;
  terminal.printJson({ ok: failed === 0, checks: lines.map(forPrograms) });
  terminal.print(failed === 0 ? '\nAll is well.' : `\n${failed} ${failed === 1 ? 'problem' : 'problems'}.`);
  return failed === 0 ? 0 : 1;
}

/** `problem` and `fix` only when there is something to fix, else `detail`. */
function forPrograms({ name, title, status, detail, fix }: Line) {
  const found = status === 'warn' || status === 'failed' ? { problem: detail, fix } : { detail };
  return { check: name, title, status, ...found };
}

function show(terminal: Terminal, { status, title, detail, fix }: Line): void {
  const { green, yellow, red, dim } = terminal.colors;
  const marks = { ok: green('✓'), warn: yellow('!'), failed: red('✗'), skipped: dim('-') };
  const text = cleanText(`${title}: ${detail}`);
  terminal.print(`${marks[status]} ${status === 'skipped' ? dim(text) : text}`);
  if (fix) terminal.print(`    fix: ${cleanText(fix)}`);
}
