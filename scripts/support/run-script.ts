import { ConfigError } from '../../src/config/config.ts';
import { EnvFileError } from '../../src/config/env-file.ts';
import { LaunchDarklyApiError, messageWithAdvice } from '../../src/launchdarkly/index.ts';
import { RegistrationError } from '../../src/registration/index.ts';
import { finishBeforeStopping } from './stop-signals.ts';
import type { Terminal } from './terminal.ts';
import { openTerminal } from './terminal.ts';
import { UsageError } from './usage.ts';

/**
 * Runs a script to its exit code: what `main` returns, 2 for a wrong call or wrong settings, 1 for a failure, 130
 * after Ctrl-C. A failure is told in a sentence, without a stack; with `--json` also as the document on stdout.
 */
export async function runScript(main: (terminal: Terminal) => Promise<number>): Promise<void> {
  const terminal = openTerminal({ json: process.argv.includes('--json') });
  finishBeforeStopping.install(terminal);
  // Whoever reads the output may stop reading (`| head`), which must not end a registration half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    process.exitCode = await main(terminal);
  } catch (error) {
    process.exitCode = report(terminal, error);
  }
}

function report(terminal: Terminal, error: unknown): number {
  const { exitCode, code, message } = described(error);
  if (message) terminal.tell(message);
  terminal.printJson({ error: { code, message } });
  return exitCode;
}

function described(error: unknown): { exitCode: number; code: string; message: string } {
  if (error instanceof UsageError) return { exitCode: 2, code: 'usage', message: error.message };
  if (error instanceof ConfigError) return { exitCode: 2, code: 'settings', message: error.message };
  if (error instanceof RegistrationError) {
    return { exitCode: error.reason === 'wrong_token' ? 2 : 1, code: error.reason, message: error.message };
  }
  if (error instanceof EnvFileError) {
    return { exitCode: error.exitCode, code: error.reason, message: error.message };
  }
  if (error instanceof LaunchDarklyApiError) {
    return { exitCode: 1, code: error.reason, message: messageWithAdvice(error) };
  }
  if (isCancelledPrompt(error)) return { exitCode: 130, code: 'cancelled', message: 'Nothing was changed.' };
  const message = error instanceof Error ? error.message : String(error);
  return { exitCode: 1, code: 'unexpected', message: `Something unexpected happened: ${message}` };
}

function isCancelledPrompt(error: unknown): boolean {
  return error instanceof Error && error.name === 'ExitPromptError';
}
