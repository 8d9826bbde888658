import { LaunchDarklyApiError, messageWithAdvice } from '../../src/launchdarkly/index.ts';
import { finishBeforeStopping } from './stop-signals.ts';
import type { Terminal } from './terminal.ts';
import { openTerminal } from './terminal.ts';

/**
 * Runs a script and sets the exit code: what `main` returns, 2 for wrong usage or wrong settings, 1 for a failure, 130
 * after Ctrl-C, unless the script ends itself then. A failure is one sentence on stderr, without a stack; with `--json`
 * also the document on stdout.
 */
export async function runScript(
  main: (terminal: Terminal) => Promise<number>,
  { endsItself = false }: { endsItself?: boolean } = {},
): Promise<void> {
  const terminal = openTerminal({ json: process.argv.includes('--json') });
  if (!endsItself) finishBeforeStopping.install(terminal);
  // A reader that stops reading (`| head`) must not end a registration half-way.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  try {
    process.exitCode = await main(terminal);
  } catch (error) {
    process.exitCode = report(terminal, error);
  }
}

function report(terminal: Terminal, error: unknown): number {
  const { exitCode, code, message } = described(error);
  if (message) terminal.error(message);
  terminal.printJson({ error: { code, message } });
  return exitCode;
}

/** The errors whose message is for people, by name: so that a script loads no more than it needs. */
const expected: Record<string, { exitCode: number; code?: string }> = {
  UsageError: { exitCode: 2, code: 'usage' },
  ConfigError: { exitCode: 2, code: 'settings' },
  ListenError: { exitCode: 2 },
  SandboxError: { exitCode: 2, code: 'sandbox' },
  DemoFilesError: { exitCode: 1, code: 'demo_files' },
  EnvFileError: { exitCode: 1 },
  RegistrationError: { exitCode: 1 },
  SqliteMissingError: { exitCode: 1, code: 'sqlite_missing' },
};

function described(error: unknown): { exitCode: number; code: string; message: string } {
  const { name = '', message = String(error), ...own } = error as Error & Partial<Own>;
  if (error instanceof LaunchDarklyApiError) {
    return { exitCode: 1, code: error.reason, message: messageWithAdvice(error) };
  }
  const known = expected[name];
  if (name === 'CancelledError') return { exitCode: 130, code: 'cancelled', message: 'Nothing was changed.' };
  if (!known) return { exitCode: 1, code: 'unexpected', message: `Something unexpected happened: ${message}` };
  const exitCode = own.reason === 'wrong_token' ? 2 : (own.exitCode ?? known.exitCode);
  return { exitCode, code: known.code ?? own.reason ?? own.code ?? name, message };
}

interface Own {
  readonly reason: string;
  readonly code: string;
  readonly exitCode: number;
}
