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
  const { default: password } = await import('@inquirer/password');
  const answer = await password(
    {
      message: 'API access token with the Admin role (not shown, not saved):',
      validate: (text) => text.trim() !== '' || 'It begins with "api-".',
    },
    { output: process.stderr },
  );
  return answer.trim();
}

/** Asks before something that cannot be undone. `--yes` is an answer; nobody there to ask is a wrong call. */
export function confirmWith(terminal: Terminal, yes: boolean): (question: Pick<Question, 'text'>) => Promise<boolean> {
  return async ({ text }) => {
    if (yes) return true;
    if (!terminal.interactive) throw new UsageError(`${text} There is no terminal to ask on: --yes says yes.`);
    terminal.clearLine();
    const { default: confirm } = await import('@inquirer/confirm');
    return confirm({ message: cleanText(text), default: false }, { output: process.stderr });
  };
}
