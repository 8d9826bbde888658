import { updateEnvFile } from '../../src/config/env-file.ts';
import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import { cleanText } from '../../src/launchdarkly/index.ts';
import { tellDifferences } from './check-answer.ts';
import type { RegistrationContext } from './context.ts';
import { checkApiToken, RegistrationError } from './context.ts';
import { createAndSave } from './create-and-save.ts';
import type { AskedClient, Change, Decision } from './decide.ts';
import { changedFields, decide } from './decide.ts';
import { withExclusiveLock } from './env-file-lock.ts';
import { recoverableAttempts } from './recover-attempts.ts';
import { findClient, missingValues, readSavedClient, tellPermissions } from './saved-client.ts';

/** What to register, and how. */
export interface RegistrationOptions extends RegistrationContext, AskedClient {
  /** Replace the client by a new one with a new secret. */
  readonly rotate?: boolean;
  /** Keep the replaced client until the user deletes it. */
  readonly keepOld?: boolean;
  /** Only send reads, write nothing, and say what would be done. */
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
 * Makes the env file and LaunchDarkly agree on one registered client: registers it when there is none, changes what
 * differs, and does nothing when all is well. Can be run again at any time, even after a run that was killed.
 * Throws `RegistrationError`, `LaunchDarklyApiError` and `EnvFileError`.
 */
export async function registerClient(options: RegistrationOptions): Promise<Registration> {
  checkApiToken(options.apiToken);
  if (options.dryRun) return describePlan(options, await plan(options));
  return withExclusiveLock(options, async ({ finished }) => {
    const rotated = finished.some(({ replaces }) => replaces !== undefined);
    if (rotated) options.tell('Finished the replacement of the client that an earlier run began.');
    return apply(options, await plan(rotated ? { ...options, rotate: false } : options));
  });
}

async function plan(options: RegistrationOptions): Promise<Decision> {
  const saved = readSavedClient(options.envFile);
  const existing = saved.clientId ? await findClient(options, saved.clientId) : undefined;
  const decision = decide(saved, existing, { ...options, rotate: options.rotate ?? false });
  if (decision.action === 'explain_missing_secret') throw secretMissing(options, decision.existing);
  return decision;
}

async function apply(options: RegistrationOptions, decision: Decision): Promise<Registration> {
  const existing = 'existing' in decision ? decision.existing : undefined;
  if (decision.action === 'update' && existing) return update(options, existing, decision.changes);
  if (decision.action === 'none' && existing) return keep(options, existing);
  await confirmOrThrow(options, decision);
  return register(options, existing);
}

async function confirmOrThrow(options: RegistrationOptions, decision: Decision): Promise<void> {
  const [kind, text] = questionAbout(options, decision);
  if (kind === undefined || (await options.confirm({ kind, text }))) return;
  throw new RegistrationError('declined', 'Nothing was changed.');
}

function questionAbout(options: RegistrationOptions, decision: Decision) {
  const reason = reasonToAsk(options, decision);
  switch (decision.action) {
    case 'register_over_secret':
      return [decision.action, `${reason} Register a new client and overwrite it?`] as const;
    case 'register_anew':
      return [decision.action, `${reason} Register a new one?`] as const;
    case 'rotate': {
      const { name, clientId } = decision.existing;
      const old = options.keepOld ? 'The old one stays until you delete it.' : 'The old one stops working.';
      const question = `Replace "${cleanText(name)}" (${cleanText(clientId)}) by a new client with a new secret?`;
      return [decision.action, `${question} ${old} All users have to log in again.`] as const;
    }
    default:
      return [];
  }
}

function reasonToAsk({ envFile, baseUri }: RegistrationOptions, decision: Decision): string | undefined {
  if (decision.action === 'register_over_secret') {
    return `${envFile} holds LD_OAUTH_CLIENT_SECRET without the LD_OAUTH_CLIENT_ID it belongs to.`;
  }
  if (decision.action !== 'register_anew') return undefined;
  const which = cleanText(decision.clientId);
  return `${envFile} names the client ${which}, and ${baseUri} does not know it: it was deleted, or belongs to another account or instance.`;
}

/** Registers a client; one that is given is replaced. */
async function register(options: RegistrationOptions, existing: OAuth2Client | undefined): Promise<Registration> {
  const before = readSavedClient(options.envFile);
  const replaces = options.keepOld ? undefined : existing?.clientId;
  const { clientSecret: _, ...client } = await createAndSave(options, inputFor(options, existing), replaces);
  const after = readSavedClient(options.envFile);
  const written = Object.keys(after.values).filter((name) => after.values[name] !== before.values[name]);
  return { action: existing ? 'rotated' : 'registered', dryRun: false, client, changes: [], written };
}

async function update(
  options: RegistrationOptions,
  existing: OAuth2Client,
  changes: readonly Change[],
): Promise<Registration> {
  const { launchDarkly, apiToken } = options;
  const client = await launchDarkly.patchOAuth2Client({ apiToken }, existing.clientId, changedFields(changes));
  tellDifferences(options, options, client);
  return { ...(await keep(options, client)), action: 'updated', changes };
}

/** LaunchDarkly needs no change; the env file may still lack something. */
async function keep(options: RegistrationOptions, client: OAuth2Client): Promise<Registration> {
  const { envFile, baseUri } = options;
  const missing = missingValues(readSavedClient(envFile), client, baseUri);
  tellPermissions(options, await updateEnvFile(envFile, missing));
  return { action: 'unchanged', dryRun: false, client, changes: [], written: Object.keys(missing) };
}

async function describePlan(options: RegistrationOptions, decision: Decision): Promise<Registration> {
  for (const { name, redirectUri } of await recoverableAttempts(options)) {
    const which = `"${cleanText(name)}" (${cleanText(redirectUri)})`;
    options.tell(`An earlier registration of ${which} was interrupted; it would be finished or rolled back first.`);
  }
  const reason = reasonToAsk(options, decision);
  if (reason) options.tell(reason);
  const actions = { rotate: 'rotated', update: 'updated', none: 'unchanged' } as const;
  return {
    action: decision.action in actions ? actions[decision.action as keyof typeof actions] : 'registered',
    dryRun: true,
    client: 'existing' in decision ? decision.existing : undefined,
    changes: 'changes' in decision ? decision.changes : [],
    written: [],
  };
}

/** What was requested, else what the replaced client has, else a name that tells the clients of several apps apart. */
function inputFor(asked: AskedClient, existing?: OAuth2Client) {
  const { host } = new URL(asked.redirectUri);
  return {
    redirectUri: asked.redirectUri,
    name: asked.name ?? existing?.name ?? `Log in with LaunchDarkly (${host})`,
    description: asked.description ?? existing?.description ?? `Logs members in at ${host}.`,
  };
}

function secretMissing({ envFile }: RegistrationOptions, { name, clientId }: OAuth2Client): RegistrationError {
  return new RegistrationError(
    'secret_missing',
    `${envFile} names "${cleanText(name)}" (${cleanText(clientId)}) but not its secret. LaunchDarkly shows a secret once, ` +
      'when the client is registered. If you have it, add it as LD_OAUTH_CLIENT_SECRET. If not, replace the client: ' +
      '`npm run bootstrap -- --rotate`.',
  );
}
