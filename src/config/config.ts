import { isLoopbackHost } from '../auth/plain-http.ts';
import { type LoginConfig, readLoginConfig } from './login-config.ts';
import * as value from './parsers.ts';
import type { RedirectUri } from './redirect-uri.ts';
import type { ConfigInput, ConfigProblem } from './settings-reader.ts';
import { SettingsReader } from './settings-reader.ts';

export { type LoginConfig, loadLoginConfig } from './login-config.ts';
export type { RedirectUri } from './redirect-uri.ts';
export type { DemoConfig, OutgoingConfig, SandboxConfig, ScriptConfig } from './script-config.ts';
export { loadDemoConfig, loadSandboxConfig, loadScriptConfig } from './script-config.ts';
export type { ConfigInput, ConfigProblem } from './settings-reader.ts';
export { ConfigError, overriddenByEnvironment, readEnvFile } from './settings-reader.ts';

/** Where TLS ends. `off` only for a redirect URI that is plain http on loopback. */
export type TlsConfig =
  | { readonly mode: 'local' }
  | { readonly mode: 'proxy' }
  | { readonly mode: 'off' }
  | { readonly mode: 'files'; readonly certFile: string; readonly keyFile: string };

/** Everything the app needs to run. */
export interface AppConfig extends LoginConfig {
  readonly sessionStore: string;
  /** Milliseconds. */
  readonly sessionIdle: number;
  readonly port: number;
  /** Addresses to listen on; undefined means all of them. */
  readonly hosts: readonly string[] | undefined;
  /** Where `HOST` was read, if it is set: shells and tools such as conda set it too. */
  readonly hostFrom: string | undefined;
  readonly tls: TlsConfig;
  readonly trustProxy: number | readonly string[] | false;
  /** Milliseconds that an idle connection from a browser or a proxy stays open. */
  readonly keepAlive: number;
  /** Requests a minute to login, callback and logout from one client address. */
  readonly rateLimit: number;
  readonly flowInspector: boolean;
  /** Whether there is a tutorial, with experiments: where the app and its LaunchDarkly, a sandbox, are on this machine. */
  readonly tutorial: boolean;
  /** Where browsers reach LaunchDarkly when it is another URL than `baseUri`: that of the demo's sandbox. Not a setting. */
  readonly publicBaseUri?: string;
  readonly logLevel: LogLevel;
  readonly logFormat: 'pretty' | 'json';
}

/** pino's levels. */
export type LogLevel = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

/** Reads the app's settings and checks them together. Throws `ConfigError` with everything that is wrong. */
export function loadAppConfig(input?: ConfigInput): AppConfig {
  const read = new SettingsReader(input);
  const config = readAppConfig(read);
  read.finish();
  return config;
}

/** The same without throwing: where a setting is wrong, the config holds its default or an empty value. */
export function checkAppConfig(input?: ConfigInput): {
  config: AppConfig;
  problems: readonly ConfigProblem[];
} {
  const read = new SettingsReader(input);
  return { config: readAppConfig(read), problems: read.problems };
}

function readAppConfig(read: SettingsReader): AppConfig {
  const login = readLoginConfig(read);
  const { redirectUri } = login;
  const tls = readTls(read, redirectUri);
  const flowInspector = read.optional('FLOW_INSPECTOR', value.onOff, redirectUri.loopback);
  const config: AppConfig = {
    ...login,
    sessionStore: read.optional('SESSION_STORE', value.sessionStore, 'file:.data/sessions.db'),
    sessionIdle: read.optional('SESSION_IDLE', value.duration, value.duration('8h')),
    port: read.optional('PORT', value.port, tls.mode === 'local' || redirectUri.loopback ? redirectUri.port : 3000),
    hosts: readHosts(read, tls),
    hostFrom: read.origin('HOST'),
    tls,
    trustProxy: read.optional('TRUST_PROXY', value.trustProxy, tls.mode === 'proxy' ? 1 : false),
    keepAlive: read.optional('KEEP_ALIVE', value.duration, value.duration(tls.mode === 'proxy' ? '620s' : '75s')),
    rateLimit: read.optional('RATE_LIMIT', value.count, 300),
    flowInspector,
    tutorial: flowInspector && redirectUri.loopback && isLoopbackHost(new URL(login.baseUri).hostname),
    logLevel: read.optional(
      'LOG_LEVEL',
      value.oneOf<LogLevel>('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
      'info',
    ),
    logFormat: read.optional('LOG_FORMAT', value.oneOf('pretty', 'json'), process.stdout.isTTY ? 'pretty' : 'json'),
  };
  if (config.sessionIdle > config.sessionMax) read.addProblem('SESSION_IDLE', 'must not exceed SESSION_MAX.');
  return config;
}

function readTls(read: SettingsReader, redirectUri: RedirectUri): TlsConfig {
  const byDefault = !redirectUri.secure ? 'off' : redirectUri.local ? 'local' : 'proxy';
  const mode = read.optional<TlsConfig['mode']>('TLS', value.oneOf('local', 'proxy', 'files'), byDefault);
  if (!redirectUri.secure && (mode === 'local' || mode === 'files')) {
    read.addProblem('TLS', 'requires https, but LD_OAUTH_REDIRECT_URI begins with http://.');
  }
  if (mode !== 'files') return { mode };
  return {
    mode,
    certFile: read.required('TLS_CERT_FILE', value.text, ''),
    keyFile: read.required('TLS_KEY_FILE', value.text, ''),
  };
}

/** Both loopback addresses when TLS is local: browsers try either for `localhost`. */
function readHosts(read: SettingsReader, tls: TlsConfig): readonly string[] | undefined {
  const host = read.text('HOST');
  if (host === 'localhost') return ['127.0.0.1', '::1'];
  if (host !== undefined) return [host];
  return tls.mode === 'local' || tls.mode === 'off' ? ['127.0.0.1', '::1'] : undefined;
}
