import * as value from './parsers.ts';
import { type LaunchDarklySettings, readLaunchDarklySettings } from './script-config.ts';
import { type ConfigInput, SettingsReader } from './settings-reader.ts';

/** What a login needs to know, in the sample app and in any other. */
export interface LoginConfig extends LaunchDarklySettings {
  readonly clientId: string;
  readonly clientSecret: string;
  readonly clientAuth: 'post' | 'basic';
  readonly pkce: boolean;
  readonly scope: string;
  readonly allowedAccounts: readonly string[] | '*';
  /** Base roles that may enter; undefined for any. */
  readonly allowedRoles: readonly string[] | undefined;
  /** Custom roles, by key or id, of which a member needs one; undefined for any. */
  readonly allowedCustomRoles: readonly string[] | undefined;
  /** Keys of teams, of which a member needs one; undefined for any. */
  readonly allowedTeams: readonly string[] | undefined;
  /** Newest first: only the first one seals and signs, all of them open and verify. */
  readonly sessionSecrets: readonly [string, ...string[]];
  /** Milliseconds. */
  readonly sessionMax: number;
  /** Milliseconds. */
  readonly sessionRevalidate: number;
}

/** Reads the settings of the login, by default from the environment only. Throws `ConfigError` with all that is wrong. */
export function loadLoginConfig(input?: ConfigInput): LoginConfig {
  const read = new SettingsReader({ envFile: null, ...input });
  const config = readLoginConfig(read);
  read.finish();
  return config;
}

/** Reads the settings of the login; problems are collected in `read`. */
export function readLoginConfig(read: SettingsReader): LoginConfig {
  const config: LoginConfig = {
    ...readLaunchDarklySettings(read),
    clientId: read.required('LD_OAUTH_CLIENT_ID', value.clientCredential, ''),
    clientSecret: read.required('LD_OAUTH_CLIENT_SECRET', value.clientCredential, ''),
    clientAuth: read.optional('LD_OAUTH_CLIENT_AUTH', value.oneOf('post', 'basic'), 'post'),
    pkce: read.optional('LD_OAUTH_PKCE', value.onOff, true),
    scope: read.optional('LD_OAUTH_SCOPE', value.scope, 'reader'),
    allowedAccounts: readAllowedAccounts(read),
    allowedRoles: read.optional<readonly string[] | undefined>('LD_ALLOWED_ROLES', value.roles, undefined),
    allowedCustomRoles: read.optional<readonly string[] | undefined>('LD_ALLOWED_CUSTOM_ROLES', value.list, undefined),
    allowedTeams: read.optional<readonly string[] | undefined>('LD_ALLOWED_TEAMS', value.list, undefined),
    sessionSecrets: read.required('SESSION_SECRET', value.sessionSecrets, ['']),
    sessionMax: read.optional('SESSION_MAX', value.duration, value.duration('7d')),
    sessionRevalidate: read.optional('SESSION_REVALIDATE', value.duration, value.duration('5m')),
  };
  // A base role is in effect only without custom roles, so the two settings never agree.
  if (config.allowedRoles && config.allowedCustomRoles)
    read.addProblem('LD_ALLOWED_CUSTOM_ROLES', 'and LD_ALLOWED_ROLES are both set, so nobody may log in.');
  return config;
}

/** The account that registered the client, unless the settings say otherwise. With neither, nobody may enter. */
function readAllowedAccounts(read: SettingsReader): readonly string[] | '*' {
  const registered = read.optional<readonly string[] | '*'>('LD_ACCOUNT_ID', (id) => [value.credential(id)], []);
  const allowed = read.optional('LD_ALLOWED_ACCOUNTS', value.accounts, registered);
  if (allowed.length === 0 && !read.text('LD_ACCOUNT_ID')) {
    read.addProblem('LD_ALLOWED_ACCOUNTS', 'and LD_ACCOUNT_ID are both missing, so nobody may log in.');
  }
  return allowed;
}
