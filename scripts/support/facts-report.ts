import { constants } from 'node:os';
import { loadScriptConfig } from '../../src/config/config.ts';
import type { LaunchDarkly } from '../../src/launchdarkly/index.ts';
import { cleanText, LaunchDarklyApiError } from '../../src/launchdarkly/index.ts';
import { collectFacts } from '../doctor/facts/collect.ts';
import { LOGINS } from '../doctor/facts/logins.ts';
import { personAtBrowser } from '../doctor/facts/person.ts';
import type { FactsReport } from '../doctor/facts/report.ts';
import { saveReport } from '../doctor/facts/report.ts';
import { leftByEarlierRuns } from '../doctor/facts/traces.ts';
import { RegistrationError } from '../registration/index.ts';
import { connect } from './connect.ts';
import { apiTokenFrom, confirmWith } from './questions.ts';
import type { Terminal } from './terminal.ts';
import { UsageError } from './usage.ts';

/** The options of `npm run doctor -- --login`. */
export interface FactsOptions {
  readonly envFile: string;
  readonly report?: string | undefined;
  readonly 'redirect-uri'?: string | undefined;
  readonly port?: string | undefined;
  readonly wait?: string | undefined;
  readonly yes?: boolean | undefined;
}

type Confirm = ReturnType<typeof confirmWith>;

/** Makes the facts report, with a person at a browser. Resolves to the exit code. */
export async function makeFactsReport(terminal: Terminal, options: FactsOptions): Promise<number> {
  const { envFile, report: path = 'facts-report.json', yes = false } = options;
  const redirectUri = options['redirect-uri'];
  if (redirectUri !== undefined && !URL.canParse(redirectUri)) throw new UsageError('--redirect-uri must be a URL.');
  const port = number('--port', options.port, { otherwise: 0, to: 65_535 });
  const waitMs = 1000 * number('--wait', options.wait, { otherwise: 300, to: 86_400 });

  const config = loadScriptConfig({ envFile });
  const { baseUri } = config;
  const apiToken = await apiTokenFrom(config.accessToken, terminal);
  const { launchDarkly, http } = connect(config);
  const stop = stopOnSignals(terminal);
  try {
    const confirm = confirmWith(terminal, yes);
    const question =
      `This registers two or three OAuth2 clients at ${baseUri}, asks you to log in ${LOGINS} times, ` +
      'and then revokes the tokens and deletes the clients. Its audit log may show that. Go on?';
    if (!(await confirm({ text: question }))) throw new RegistrationError('declined', 'Nothing was changed.');
    await removeLeftovers(terminal, confirm, { launchDarkly, apiToken });
    const person = await personAtBrowser({ certificateDirectory: '.data/tls', port, waitMs, signal: stop.signal });
    try {
      const report = await collectFacts({
        ...{ http, launchDarkly, baseUri, apiToken, person, redirectUri },
        signal: stop.signal,
        tell: terminal.info,
        ready: (registered) => inviteTo(terminal, person.pageFor(registered)),
      });
      terminal.printJson(report);
      terminal.print(`\`\`\`json\n${JSON.stringify(report, undefined, 1)}\n\`\`\``);
      if (!(await save(terminal, report, path))) return 1;
      explain(terminal, report, path);
      return report.complete ? 0 : 1;
    } catch (error) {
      if (error instanceof LaunchDarklyApiError && error.reason === 'invalid_request') {
        terminal.info('Perhaps LaunchDarkly wants another redirect URI: --redirect-uri https://… registers yours.');
      }
      if (stop.exitCode() === undefined) throw error;
      const message = 'Stopped. No report was written.';
      terminal.info(message);
      terminal.printJson({ error: { code: 'cancelled', message } });
      return stop.exitCode() ?? 1;
    } finally {
      await person.close();
    }
  } finally {
    await http.close();
  }
}

function inviteTo(terminal: Terminal, page: string): void {
  terminal.info(`\nOpen this page in your browser: ${page}`);
  if (page.startsWith('https:'))
    terminal.info('It may warn of the certificate: accept it, or run npm run trust before.');
  terminal.info('');
}

function number(
  option: string,
  text: string | undefined,
  { otherwise, to }: { otherwise: number; to: number },
): number {
  if (text === undefined) return otherwise;
  if (/^\d+$/.test(text) && Number(text) <= to) return Number(text);
  throw new UsageError(`${option} must be a number from 0 to ${to}.`);
}

/**
 * Ctrl-C and the like end the run, which then cleans up. npm passes the signal on once more and then leaves, so only
 * another Ctrl-C a second later ends the process.
 */
function stopOnSignals(terminal: Terminal) {
  const controller = new AbortController();
  let stopped: { code: number; at: number } | undefined;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (!stopped) {
        stopped = { code: 128 + constants.signals[signal], at: Date.now() };
        terminal.info('Stopping: revoking the tokens and deleting the clients. Ctrl-C once more stops at once.');
        controller.abort();
      } else if (signal === 'SIGINT' && Date.now() - stopped.at > 1_000) {
        terminal.info('Stopped. What is left at LaunchDarkly, the next run offers to delete.');
        process.exit(stopped.code);
      }
    });
  }
  return { signal: controller.signal, exitCode: () => stopped?.code };
}

async function removeLeftovers(
  terminal: Terminal,
  confirm: Confirm,
  { launchDarkly, apiToken }: { launchDarkly: LaunchDarkly; apiToken: string },
): Promise<void> {
  for (const { name, clientId } of await leftByEarlierRuns(launchDarkly, apiToken)) {
    const which = `"${cleanText(name)}" (${cleanText(clientId)})`;
    if (!(await confirm({ text: `An earlier run, or one that runs now elsewhere, left ${which}. Delete it?` })))
      continue;
    await launchDarkly.deleteOAuth2Client({ apiToken }, clientId);
    terminal.info(`Deleted ${which}, which an earlier run left.`);
  }
}

/** False when it cannot be written: it has been printed by then. */
async function save(terminal: Terminal, report: FactsReport, path: string): Promise<boolean> {
  try {
    await saveReport(path, report);
    return true;
  } catch (error) {
    terminal.error(
      `${path} cannot be written (${(error as NodeJS.ErrnoException).code}). The report is printed above.`,
    );
    return false;
  }
}

function explain(terminal: Terminal, { facts, instance, complete }: FactsReport, path: string): void {
  terminal.info(
    `\n${Object.keys(facts).length} facts are in ${path}.${complete ? '' : ' Some are missing: see "notProbed".'}`,
  );
  terminal.info(
    instance === 'other'
      ? 'This was no LaunchDarkly instance that this project has heard of, so the report says nothing about LaunchDarkly.'
      : 'To share them, open an issue of the kind "LaunchDarkly facts" and paste the block above. It holds no value of your account.',
  );
  terminal.info(`A sandbox like it: npm run sandbox -- --like ${path}`);
}
