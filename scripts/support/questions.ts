import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { cleanText } from '../../src/launchdarkly/index.ts';
import { checkApiToken, type Question } from '../registration/index.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage.ts';

/** The API access token: from the settings, else asked for without showing it. Throws `UsageError`, `RegistrationError`. */
export async function apiTokenFrom(configured: string | undefined, terminal: Terminal): Promise<string> {
  const token = configured ?? (await askForToken(terminal));
  terminal.redact(token);
  checkApiToken(token);
  return token;
}

async function askForToken(terminal: Terminal): Promise<string> {
  if (!terminal.interactive) {
    throw new UsageError(
      'LD_ACCESS_TOKEN is missing, and there is no terminal to ask on. Set it in the environment or in the env file: ' +
        'an API access token with the Admin role (LaunchDarkly, Organization settings, Authorization, Create token).',
    );
  }
  for (;;) {
    const answer = await ask('API access token with the Admin role (not shown, not saved): ', { hidden: true });
    if (answer) return answer;
    terminal.info('It begins with "api-".');
  }
}

/** Asks before something that cannot be undone. `--yes` is an answer; nobody there to ask is a wrong call. */
export function confirmWith(terminal: Terminal, yes: boolean): (question: Pick<Question, 'text'>) => Promise<boolean> {
  return async ({ text }) => {
    if (yes) return true;
    if (!terminal.interactive) throw new UsageError(`${text} There is no terminal to ask on: --yes says yes.`);
    terminal.clearLine();
    return /^y(es)?$/i.test(await ask(`${cleanText(text)} (y/N) `));
  };
}

/** Nobody wants to answer: Ctrl-C, or Ctrl-D on an empty line. */
class CancelledError extends Error {
  override readonly name = 'CancelledError';
}

/** Asks on stderr. Resolves to the line that was typed, trimmed. Throws `CancelledError`. */
async function ask(question: string, { hidden = false } = {}): Promise<string> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: process.stdin, output: hidden ? nowhere : process.stderr, terminal: true });
  if (hidden) process.stderr.write(question);
  let answer: string | undefined;
  try {
    answer = await new Promise<string>((resolve, reject) => {
      lines.question(hidden ? '' : question, resolve);
      lines.once('close', () => reject(new CancelledError()));
    });
    return answer.trim();
  } finally {
    lines.close();
    if (hidden || answer === undefined) process.stderr.write('\n');
  }
}
