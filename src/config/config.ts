import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { isLoopbackHost } from '../auth/plain-http.ts';
import * as value from './parsers.ts';
import { parseRedirectUri, type RedirectUri } from './redirect-uri.ts';
import { type ConfigInput, type ConfigProblem, readSettings, SettingsReader } from './settings-reader.ts';

export type { RedirectUri } from './redirect-uri.ts';
export type { ConfigInput, ConfigProblem } from './settings-reader.ts';
export { ConfigError, overriddenByEnvironment, readEnvFile } from './settings-reader.ts';

/** Everything the app needs to run. */
export interface AppConfig extends Readonly<ReturnType<typeof readAppConfig>> {
  /** Where browsers reach LaunchDarkly when it is another URL than `baseUri`: that of the demo's sandbox. Not a setting. */
  readonly publicBaseUri?: string;
}

/** What a login needs to know, in the sample app and in any other. */
export type LoginConfig = Readonly<ReturnType<typeof readLoginConfig>>;

/** The settings of bootstrap, clients and doctor. What bootstrap itself writes may still be missing. */
export type ScriptConfig = Readonly<ReturnType<typeof readScriptConfig>>;

/** The settings of `npm run demo`. */
export type DemoConfig = Readonly<ReturnType<typeof readDemoConfig>>;

/** Reads the app's settings and checks them together. Throws `ConfigError` with everything that is wrong. */
export function loadAppConfig(input?: ConfigInput): AppConfig {
  return readSettings(input, readAppConfig);
}

/** The same without throwing: where a setting is wrong, the config holds its default or an empty value. */
export function checkAppConfig(input?: ConfigInput): { config: AppConfig; problems: readonly ConfigProblem[] } {
  const read = new SettingsReader(input);
  return { config: readAppConfig(read), problems: read.problems };
}

/** Reads the settings of the login, by default from the environment only. Throws `ConfigError` with all that is wrong. */
export function loadLoginConfig(input?: ConfigInput): LoginConfig {
  return readSettings({ envFile: null, ...input }, readLoginConfig);
}

/** Reads the settings of bootstrap, clients and doctor. Throws `ConfigError` with everything that is wrong. */
export function loadScriptConfig(input?: ConfigInput): ScriptConfig {
  return readSettings(input, readScriptConfig);
}

/** Reads the sandbox's settings, from the environment only. Throws `ConfigError`. */
export function loadSandboxConfig() {
  return readSettings({ envFile: null }, readSandboxConfig);
}

/** Reads the demo's settings, from the command line and the environment only. Throws `ConfigError`. */
export function loadDemoConfig(input: ConfigInput): DemoConfig {
  return readSettings({ envFile: null, ...input }, readDemoConfig);
}

function readAppConfig(read: SettingsReader) {
  const login = readLoginConfig(read);
  const { redirectUri } = login;
  const tls = readTls(read, redirectUri);
  const flowInspector = read.optional('FLOW_INSPECTOR', value.onOff, redirectUri.loopback);
  const config = {
    ...login,
    sessionStore: read.optional('SESSION_STORE', value.sessionStore, 'file:.data/sessions.db'),
    /** Milliseconds. */
    sessionIdle: read.optional('SESSION_IDLE', value.duration, value.duration('8h')),
    port: read.optional('PORT', value.port, tls.mode === 'local' || redirectUri.loopback ? redirectUri.port : 3000),
    /** Addresses to listen on; undefined means all of them. */
    hosts: readHosts(read, tls.mode),
    /** Where `HOST` was read, if it is set: shells and tools such as conda set it too. */
    hostFrom: read.origin('HOST'),
    tls,
    trustProxy: read.optional('TRUST_PROXY', value.trustProxy, tls.mode === 'proxy' ? 1 : false),
    /** Milliseconds that an idle connection from a browser or a proxy stays open. */
    keepAlive: read.optional('KEEP_ALIVE', value.duration, value.duration(tls.mode === 'proxy' ? '620s' : '75s')),
    /** Requests a minute to login, callback and logout from one client address. */
    rateLimit: read.optional('RATE_LIMIT', value.count, 300),
    flowInspector,
    /** Whether there is a tutorial, with experiments: where the app and its LaunchDarkly, a sandbox, are on this machine. */
    tutorial: flowInspector && redirectUri.loopback && isLoopbackHost(new URL(login.baseUri).hostname),
    logLevel: read.optional(
      'LOG_LEVEL',
      value.oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
      'info',
    ),
    logFormat: read.optional('LOG_FORMAT', value.oneOf('pretty', 'json'), process.stdout.isTTY ? 'pretty' : 'json'),
  };
  if (config.sessionIdle > config.sessionMax) read.addProblem('SESSION_IDLE', 'must not exceed SESSION_MAX.');
  return config;
}

function readLoginConfig(read: SettingsReader) {
  const config = {
    ...readLaunchDarklySettings(read),
    clientId: read.required('LD_OAUTH_CLIENT_ID', value.clientCredential, ''),
    clientSecret: read.required('LD_OAUTH_CLIENT_SECRET', value.clientCredential, ''),
    clientAuth: read.optional('LD_OAUTH_CLIENT_AUTH', value.oneOf('post', 'basic'), 'post'),
    pkce: read.optional('LD_OAUTH_PKCE', value.onOff, true),
    scope: read.optional('LD_OAUTH_SCOPE', value.scope, 'reader'),
    allowedAccounts: readAllowedAccounts(read),
    /** Base roles that may enter; undefined for any. */
    allowedRoles: read.optional('LD_ALLOWED_ROLES', value.roles),
    /** Custom roles, by key or id, of which a member needs one; undefined for any. */
    allowedCustomRoles: read.optional('LD_ALLOWED_CUSTOM_ROLES', value.list),
    /** Keys of teams, of which a member needs one; undefined for any. */
    allowedTeams: read.optional('LD_ALLOWED_TEAMS', value.list),
    /** Newest first: only the first one seals and signs, all of them open and verify. */
    sessionSecrets: read.required('SESSION_SECRET', value.sessionSecrets, ['']),
    /** Milliseconds. */
    sessionMax: read.optional('SESSION_MAX', value.duration, value.duration('7d')),
    /** Milliseconds. */
    sessionRevalidate: read.optional('SESSION_REVALIDATE', value.duration, value.duration('5m')),
  };
  // A base role is in effect only without custom roles, so the two settings never agree.
  if (config.allowedRoles && config.allowedCustomRoles)
    read.addProblem('LD_ALLOWED_CUSTOM_ROLES', 'and LD_ALLOWED_ROLES are both set, so nobody may log in.');
  return config;
}

/** The settings that the app and the scripts share: where LaunchDarkly is, and how to reach it. */
function readLaunchDarklySettings(read: SettingsReader) {
  const httpsProxy = read.optional('HTTPS_PROXY', value.proxyUrl);
  const noProxy = read.text('NO_PROXY');
  const ca = read.optional('NODE_EXTRA_CA_CERTS', readCertificates);
  const plainHttpHosts = read.optional('LD_PLAIN_HTTP_HOSTS', value.hostNames, []);
  const byDefault = parseRedirectUri('https://localhost:3000/auth/callback');
  return {
    /** Origin of the LaunchDarkly instance, without a trailing slash. */
    baseUri: read.optional('LD_BASE_URI', value.baseUri(plainHttpHosts), 'https://app.launchdarkly.com'),
    /** Host names at which LaunchDarkly may be reached over plain http, besides loopback names. */
    plainHttpHosts,
    redirectUri: read.optional('LD_OAUTH_REDIRECT_URI', value.redirectUri, byDefault),
    /** How calls to LaunchDarkly leave this network. `ca` is PEM text, trusted in addition to the built-in certificates. */
    outgoing: { ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }), ...(ca && { ca }) },
  };
}

function readScriptConfig(read: SettingsReader) {
  return {
    ...readLaunchDarklySettings(read),
    accessToken: read.text('LD_ACCESS_TOKEN'),
    clientId: read.text('LD_OAUTH_CLIENT_ID'),
    clientSecret: read.text('LD_OAUTH_CLIENT_SECRET'),
  };
}

function readDemoConfig(read: SettingsReader) {
  const appPort = read.optional('PORT', value.count, 3000);
  if (appPort > 65_535) read.addProblem('PORT', 'must be a port from 1 to 65535.');
  return {
    appPort,
    sandbox: readSandboxConfig(read),
    /** Whether nobody asked for the sandbox's port: if it is taken, another one will do. */
    anySandboxPort: read.origin('SANDBOX_PORT') === undefined,
  };
}

function readSandboxConfig(read: SettingsReader) {
  return {
    port: read.optional('SANDBOX_PORT', value.port, 4000),
    adminToken: read.optional('SANDBOX_ADMIN_TOKEN', value.credential),
    readerToken: read.optional('SANDBOX_READER_TOKEN', value.credential),
  };
}

/** The account that registered the client, unless the settings say otherwise. With neither, nobody may enter. */
function readAllowedAccounts(read: SettingsReader): readonly string[] | '*' {
  const registered = read.optional('LD_ACCOUNT_ID', value.credential);
  const allowed = read.optional('LD_ALLOWED_ACCOUNTS', value.accounts, registered ? [registered] : []);
  if (allowed.length === 0 && !read.text('LD_ACCOUNT_ID')) {
    read.addProblem('LD_ALLOWED_ACCOUNTS', 'and LD_ACCOUNT_ID are both missing, so nobody may log in.');
  }
  return allowed;
}

/** Where TLS ends. `off` only for a redirect URI that is plain http on loopback. */
type TlsConfig =
  | { readonly mode: 'local' }
  | { readonly mode: 'proxy' }
  | { readonly mode: 'off' }
  | { readonly mode: 'files'; readonly certFile: string; readonly keyFile: string };

function readTls(read: SettingsReader, redirectUri: RedirectUri): TlsConfig {
  const byDefault = !redirectUri.secure ? 'off' : redirectUri.local ? 'local' : 'proxy';
  const mode = read.optional<TlsConfig['mode']>('TLS', value.oneOf('local', 'proxy', 'files'), byDefault);
  if (!redirectUri.secure && (mode === 'local' || mode === 'files')) {
    read.addProblem('TLS', 'requires https, but LD_OAUTH_REDIRECT_URI begins with http://.');
  }
  if (mode !== 'files') return { mode };
  return {
    mode,
    certFile: read.required('TLS_CERT_FILE', String, ''),
    keyFile: read.required('TLS_KEY_FILE', String, ''),
  };
}

/** Both loopback addresses when TLS is local: browsers try either for `localhost`. */
function readHosts(read: SettingsReader, tls: string): readonly string[] | undefined {
  const host = read.text('HOST') ?? (tls === 'local' || tls === 'off' ? 'localhost' : undefined);
  if (host === 'localhost') return ['127.0.0.1', '::1'];
  return host === undefined ? undefined : [host];
}

/** PEM text; a single certificate in DER is converted. Node ignores such a file without a word. */
function readCertificates(path: string): string {
  const bytes = readFileOrThrow(path);
  const pem = bytes.toString('utf8').match(/-----BEGIN (TRUSTED )?CERTIFICATE-----[^-]+-----END \1?CERTIFICATE-----/g);
  try {
    return (pem ?? [bytes]).map((certificate) => new X509Certificate(certificate).toString()).join('');
  } catch {
    const what = bytes.length === 0 ? 'is empty' : 'does not hold certificates that can be read';
    throw new Error(`names a file that ${what}: ${path}. It needs PEM, which begins with -----BEGIN CERTIFICATE-----.`);
  }
}

function readFileOrThrow(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') throw new Error(`names a file that does not exist: ${resolve(path)}.`);
    throw new Error(`names a file that cannot be read (${code}): ${path}.`);
  }
}
