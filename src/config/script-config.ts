import type { OutgoingConfig } from './launchdarkly-settings.ts';
import { readBaseUri, readOutgoing, readRedirectUri } from './launchdarkly-settings.ts';
import * as value from './parsers.ts';
import type { RedirectUri } from './redirect-uri.ts';
import { SettingsReader } from './settings-reader.ts';
import type { ConfigInput } from './sources.ts';
import { settingsSources } from './sources.ts';

/** What bootstrap, clients and doctor need. What they write themselves may be missing still. */
export interface ScriptConfig {
  readonly baseUri: string;
  readonly redirectUri: RedirectUri;
  readonly accessToken: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
  readonly outgoing: OutgoingConfig;
}

/** Reads the settings of bootstrap, clients and doctor. Throws `ConfigError` with everything that is wrong. */
export function loadScriptConfig(input?: ConfigInput): ScriptConfig {
  const read = new SettingsReader(settingsSources(input));
  const config: ScriptConfig = {
    baseUri: readBaseUri(read),
    redirectUri: readRedirectUri(read),
    accessToken: read.text('LD_ACCESS_TOKEN'),
    clientId: read.text('LD_OAUTH_CLIENT_ID'),
    clientSecret: read.text('LD_OAUTH_CLIENT_SECRET'),
    outgoing: readOutgoing(read),
  };
  read.finish();
  return config;
}

/** What `npm run sandbox` takes from the environment. */
export interface SandboxConfig {
  readonly port: number;
  readonly adminToken: string | undefined;
  readonly readerToken: string | undefined;
}

/** Reads the sandbox's settings, from the environment alone. Throws `ConfigError`. */
export function loadSandboxConfig(input?: ConfigInput): SandboxConfig {
  const read = new SettingsReader(settingsSources({ envFile: null, ...input }));
  const config = readSandbox(read);
  read.finish();
  return config;
}

/** Reads what `npm run demo` takes from the environment: the sandbox's settings and the app's port. Throws `ConfigError`. */
export function loadDemoConfig(input?: ConfigInput): { appPort: number; sandbox: SandboxConfig } {
  const read = new SettingsReader(settingsSources({ envFile: null, ...input }));
  const config = { appPort: read.optional('PORT', value.count, 3000), sandbox: readSandbox(read) };
  if (config.appPort > 65_535) read.refuse('PORT', 'must be a port from 1 to 65535.');
  read.finish();
  return config;
}

function readSandbox(read: SettingsReader): SandboxConfig {
  return {
    port: read.optional('SANDBOX_PORT', value.port, 4000),
    adminToken: read.optional<string | undefined>('SANDBOX_ADMIN_TOKEN', value.credential, undefined),
    readerToken: read.optional<string | undefined>('SANDBOX_READER_TOKEN', value.credential, undefined),
  };
}
