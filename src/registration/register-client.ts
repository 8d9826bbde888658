import { updateEnvFile } from '../config/env-file.ts';
import type { OAuth2Client } from '../launchdarkly/index.ts';
import { cleanText } from '../launchdarkly/index.ts';
import { alone } from './alone.ts';
import { checkApiToken } from './api-token.ts';
import { tellDifferences } from './check-answer.ts';
import type { Question, RegistrationContext } from './context.ts';
import { createAndSave } from './create-and-save.ts';
import type { AskedClient, Change, Decision } from './decide.ts';
import { changedFields, decide } from './decide.ts';
import { findClient } from './find-client.ts';
import { RegistrationError } from './registration-error.ts';
import { missingValues, readSavedClient } from './saved-client.ts';
import { attemptsWithinReach } from './settle-attempts.ts';

export interface RegistrationOptions extends RegistrationContext, AskedClient {
  /** Replace the client by a new one with a new secret. */
  readonly rotate?: boolean;
  /** Leave the replaced client as it is, until somebody deletes it. */
  readonly keepOld?: boolean;
  /** Send reads only, write nothing, and say what would be done. */
  readonly dryRun?: boolean;
}

/** What was done, or with `dryRun` would be. */
export interface Registration {
  readonly action: 'registered' | 'unchanged' | 'updated' | 'rotated';
  readonly dryRun: boolean;
  /** Undefined when a dry run would register it. */
  readonly client: OAuth2Client | undefined;
  readonly changes: readonly Change[];
  /** Names that were written to the env file. */
  readonly written: readonly string[];
}

/**
 * Brings the env file and LaunchDarkly to one registered client: registers it when there is none, changes what differs,
 * and does nothing when all is well. May be run again at any time, also after a run that was killed.
 * Throws `RegistrationError`, `LaunchDarklyApiError` and `EnvFileError`.
 */
export async function registerClient(options: RegistrationOptions): Promise<Registration> {
  checkApiToken(options.apiToken);
  if (options.dryRun) return planned(options, await look(options));
  return alone(options, async ({ finished }) => {
    const rotated = finished.some(({ replaces }) => replaces !== undefined);
    if (rotated) options.tell('Finished the replacement of the client that an earlier run began.');
    return act(options, await look(rotated ? { ...options, rotate: false } : options));
  });
}

async function look(options: RegistrationOptions): Promise<Decision> {
  const saved = readSavedClient(options.envFile);
  const existing = saved.clientId ? await findClient(options, saved.clientId) : undefined;
  return decide(saved, existing, { ...options, rotate: options.rotate ?? false });
}

async function act(options: RegistrationOptions, decision: Decision): Promise<Registration> {
  switch (decision.action) {
    case 'register':
      return registered(options, 'registered');
    case 'register_over_secret':
      await ask(options, decision.action, `${secretAlone(options)} Register a new client and overwrite it?`);
      return registered(options, 'registered');
    case 'register_anew':
      await ask(options, decision.action, `${missing(options, decision.clientId)} Register a new one?`);
      return registered(options, 'registered');
    case 'rotate':
      await ask(options, decision.action, rotation(options, decision.existing));
      return registered(options, 'rotated', decision.existing);
    case 'explain_missing_secret':
      throw new RegistrationError('secret_missing', secretMissing(options, decision.existing));
    case 'update':
      return updated(options, decision.existing, decision.changes);
    case 'none':
      return unchanged(options, decision.existing);
  }
}

async function registered(
  options: RegistrationOptions,
  action: 'registered' | 'rotated',
  existing?: OAuth2Client,
): Promise<Registration> {
  const before = readSavedClient(options.envFile);
  const replaces = options.keepOld ? undefined : existing?.clientId;
  const client = await createAndSave(options, inputFor(options, existing), replaces);
  const after = readSavedClient(options.envFile);
  const written = Object.keys(after.values).filter((name) => after.values[name] !== before.values[name]);
  const { clientSecret: _, ...shown } = client;
  return { action, dryRun: false, client: shown, changes: [], written };
}

async function updated(
  options: RegistrationOptions,
  existing: OAuth2Client,
  changes: readonly Change[],
): Promise<Registration> {
  const { launchDarkly, apiToken } = options;
  const client = await launchDarkly.patchOAuth2Client({ apiToken }, existing.clientId, changedFields(changes));
  tellDifferences(options, options, client);
  return { ...(await unchanged(options, client)), action: 'updated', changes };
}

/** LaunchDarkly has what is asked; the env file may lack something still. */
async function unchanged(options: RegistrationOptions, client: OAuth2Client): Promise<Registration> {
  const { envFile, baseUri, tell } = options;
  const missing = missingValues(readSavedClient(envFile), client, baseUri);
  const { tightenedFrom } = await updateEnvFile(envFile, missing);
  if (tightenedFrom) tell(`${envFile} could be read by others (${tightenedFrom}); it is private now (0600).`);
  return { action: 'unchanged', dryRun: false, client, changes: [], written: Object.keys(missing) };
}

async function planned(options: RegistrationOptions, decision: Decision): Promise<Registration> {
  for (const { name, redirectUri } of await attemptsWithinReach(options)) {
    options.tell(
      `An earlier registration of "${cleanText(name)}" (${cleanText(redirectUri)}) did not finish; it would be settled first.`,
    );
  }
  const nothing = { dryRun: true, changes: [], written: [] };
  switch (decision.action) {
    case 'register':
      return { ...nothing, action: 'registered', client: undefined };
    case 'register_over_secret':
      options.tell(secretAlone(options));
      return { ...nothing, action: 'registered', client: undefined };
    case 'register_anew':
      options.tell(missing(options, decision.clientId));
      return { ...nothing, action: 'registered', client: undefined };
    case 'rotate':
      return { ...nothing, action: 'rotated', client: decision.existing };
    case 'explain_missing_secret':
      throw new RegistrationError('secret_missing', secretMissing(options, decision.existing));
    case 'update':
      return { ...nothing, action: 'updated', client: decision.existing, changes: decision.changes };
    case 'none':
      return { ...nothing, action: 'unchanged', client: decision.existing };
  }
}

/** What is asked, else what the replaced client has, else a name that tells one app's clients apart. */
function inputFor(asked: AskedClient, existing?: OAuth2Client) {
  const { host } = new URL(asked.redirectUri);
  return {
    redirectUri: asked.redirectUri,
    name: asked.name ?? existing?.name ?? `Log in with LaunchDarkly (${host})`,
    description: asked.description ?? existing?.description ?? `Logs members in at ${host}.`,
  };
}

async function ask({ confirm }: RegistrationOptions, kind: Question['kind'], text: string): Promise<void> {
  if (!(await confirm({ kind, text }))) throw new RegistrationError('declined', 'Nothing was changed.');
}

function missing({ envFile, baseUri }: RegistrationOptions, clientId: string): string {
  return `${envFile} names the client ${cleanText(clientId)}, and ${baseUri} does not know it: it was deleted, or belongs to another account or instance.`;
}

function secretAlone({ envFile }: RegistrationOptions): string {
  return `${envFile} holds LD_OAUTH_CLIENT_SECRET without the LD_OAUTH_CLIENT_ID that it belongs to.`;
}

function rotation({ keepOld }: RegistrationOptions, { name, clientId }: OAuth2Client): string {
  const old = keepOld ? 'The old one stays until you delete it.' : 'The old one stops working.';
  return `Replace "${cleanText(name)}" (${cleanText(clientId)}) by a new client with a new secret? ${old} Everybody logs in again.`;
}

function secretMissing({ envFile }: RegistrationOptions, { name, clientId }: OAuth2Client): string {
  return (
    `${envFile} names "${cleanText(name)}" (${cleanText(clientId)}) but not its secret. LaunchDarkly shows a secret once, when the client is ` +
    `registered, and keeps no copy. If you have it, add it as LD_OAUTH_CLIENT_SECRET; if not, replace the client: ` +
    '`npm run bootstrap -- --rotate`.'
  );
}
