import { loadSandboxConfig } from '../src/config/config.ts';
import { flags, helpText, readFlags, serveUntilInterrupted } from '../src/sandbox/command-line.ts';
import { openSandbox } from './support/open-sandbox.ts';
import { runScript } from './support/run-script.ts';
import { readArguments } from './support/usage.ts';

const command = 'npm run sandbox --';

await runScript(runSandbox, { endsItself: true });

async function runSandbox(): Promise<number> {
  const usage = { command: 'sandbox', help: helpText(command), options: flags };
  const call = readArguments(usage, process.argv.slice(2));
  if (!call) return 0;
  const sandbox = await openSandbox(readFlags(call.values, loadSandboxConfig()));
  await serveUntilInterrupted(sandbox, { json: call.values.json, command });
  return 0;
}
