import { plainHttpWarning } from '../../src/auth/plain-http.ts';
import type { ScriptConfig } from '../../src/config/config.ts';
import type { RegistrationContext } from '../registration/index.ts';
import { connect } from './connect.ts';
import { apiTokenFrom, confirmWith } from './questions.ts';
import { finishBeforeStopping } from './stop-signals.ts';
import type { Terminal } from './terminal.ts';

/** Runs a task with all that a step of a client's life needs, and closes the connections after it. */
export async function withRegistration<T>(
  terminal: Terminal,
  config: ScriptConfig,
  { envFile, yes = false }: { envFile: string; yes?: boolean },
  task: (context: RegistrationContext) => Promise<T>,
): Promise<T> {
  terminal.redact(config.clientSecret);
  const warning = plainHttpWarning(config.baseUri);
  if (warning) terminal.info(warning);
  const apiToken = await apiTokenFrom(config.accessToken, terminal);
  const { launchDarkly, http } = connect(config);
  const context: RegistrationContext = {
    launchDarkly,
    apiToken,
    baseUri: config.baseUri,
    envFile,
    confirm: confirmWith(terminal, yes),
    tell: terminal.info,
    uninterrupted: finishBeforeStopping.run,
  };
  try {
    return await terminal.withStatus('Asking LaunchDarkly …', () => task(context));
  } finally {
    await http.close();
  }
}
