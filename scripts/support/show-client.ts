import { cleanText } from '../../src/launchdarkly/index.ts';
import type { Change, ListedClient } from '../registration/index.ts';
import { moment } from './format-date.ts';
import type { Terminal } from './terminal.ts';

/** A client for people: two lines in a list, a few more alone. */
export function printClient(terminal: Terminal, client: ListedClient, envFile: string): void {
  const { bold, dim, green, yellow } = terminal.colors;
  const marks = [client.inUse && green(`in ${envFile}`), client.unfinished && yellow('unfinished registration')].filter(
    Boolean,
  );
  terminal.print(`${client.inUse ? '*' : ' '} ${bold(cleanText(client.name))}  ${marks.join(', ')}`.trimEnd());
  terminal.print(`  ${cleanText(client.clientId)}  ${cleanText(client.redirectUri)}  ${dim(moment(client.createdAt))}`);
}

/** Everything LaunchDarkly tells of a client. It never tells the secret. */
export function printClientInFull(terminal: Terminal, client: ListedClient, envFile: string): void {
  printClient(terminal, client, envFile);
  terminal.print(`  description   ${cleanText(client.description) || '(none)'}`);
  terminal.print(`  account       ${cleanText(client.accountId)}`);
}

/** One line for each field that differs; in JSON's spelling, so that even invisible differences show. */
export function printChanges(terminal: Terminal, changes: readonly Change[]): void {
  for (const { field, from, to } of changes) {
    terminal.print(`  ${field}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`);
  }
}
