import type { Line } from '../src/doctor/examine.ts';
import { examine, openSetup } from '../src/doctor/examine.ts';
import { runScript } from './support/run-script.ts';
import type { Terminal } from './support/terminal.ts';
import { readArguments } from './support/usage.ts';

const usage = {
  help: `
Answers "why does my login not work?": checks the whole set-up and says what to mend. Changes no setting.

npm run doctor -- [options]

  --env-file PATH   the settings to check (default: .env)
  --json            one JSON document on stdout
  --help            this text

With LD_ACCESS_TOKEN set it also looks at the client as LaunchDarkly has it. Exit code 1 when something is broken.
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
    terminal.conceal(secret);
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
  const broken = lines.filter(({ status }) => status === 'broken').length;
  terminal.printJson({ ok: broken === 0, checks: lines });
  terminal.print(broken === 0 ? '\nAll is well.' : `\n${broken} to mend.`);
  return broken === 0 ? 0 : 1;
});

function show(terminal: Terminal, { status, title, detail, mend }: Line): void {
  const { green, yellow, red, dim } = terminal.colors;
  const marks = { ok: green('✓'), warn: yellow('!'), broken: red('✗'), skipped: dim('-') };
  const text = `${title}: ${detail}`;
  terminal.print(`${marks[status]} ${status === 'skipped' ? dim(text) : text}`);
  if (mend) terminal.print(`    mend: ${mend}`);
}
