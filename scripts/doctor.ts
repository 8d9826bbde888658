import { cleanText } from '../src/launchdarkly/index.ts';
import type { Line } from './doctor/run-checks.ts';
import { examine, openSetup } from './doctor/run-checks.ts';
import { runScript } from './support/run-script.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments } from './support/usage.ts';

const usage = {
  command: 'doctor',
  help: `
Answers "why does my login not work?": checks the whole set-up and says what to fix. Changes no setting.

npm run doctor -- [options]

  --env-file PATH   the settings to check (default: .env)
  --json            one JSON document on stdout
  --help            this text

With LD_ACCESS_TOKEN set it also looks at the client as LaunchDarkly has it. Exit code 1 when a check failed.
`,
  options: {
    'env-file': { type: 'string', default: '.env' },
    json: { type: 'boolean', default: false },
  },
} as const;

await runScript(async (terminal) => {
  const call = readArguments(usage, process.argv.slice(2));
  if (!call) return 0;
  const setup = openSetup({ envFile: call.values['env-file'], certificateDirectory: '.data/tls' });
  for (const secret of [setup.accessToken, setup.config.clientSecret, ...setup.config.sessionSecrets]) {
    terminal.redact(secret);
  }
  const lines: Line[] = [];
  try {
    for await (const line of examine(setup)) {
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
});

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
