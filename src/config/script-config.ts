import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import * as value from './parsers.ts';
import type { RedirectUri } from './redirect-uri.ts';
import { parseRedirectUri } from './redirect-uri.ts';
import type { ConfigInput } from './settings-reader.ts';
import { SettingsReader } from './settings-reader.ts';

/** How calls to LaunchDarkly leave this network. */
export interface OutgoingConfig {
  /** `HTTPS_PROXY`: URL of a forward proxy. */
  readonly httpsProxy?: string;
  /** `NO_PROXY`: comma-separated hosts that are reached directly. */
  readonly noProxy?: string;
  /** PEM text of the certificates in `NODE_EXTRA_CA_CERTS`, trusted in addition to the built-in ones. */
  readonly ca?: string;
}

/** The settings that the app and the scripts share: where LaunchDarkly is, and how to reach it. */
export interface LaunchDarklySettings {
  /** Origin of the LaunchDarkly instance, without a trailing slash. */
  readonly baseUri: string;
  /** Host names at which LaunchDarkly may be reached over plain http, besides loopback names. */
  readonly plainHttpHosts: readonly string[];
  readonly redirectUri: RedirectUri;
  readonly outgoing: OutgoingConfig;
}

/** Reads the shared settings; problems are collected in `read`. */
export function readLaunchDarklySettings(read: SettingsReader): LaunchDarklySettings {
  const httpsProxy = read.optional<string | undefined>('HTTPS_PROXY', value.proxyUrl, undefined);
  const noProxy = read.text('NO_PROXY');
  const ca = read.optional<string | undefined>('NODE_EXTRA_CA_CERTS', readCertificates, undefined);
  const plainHttpHosts = read.optional<readonly string[]>('LD_PLAIN_HTTP_HOSTS', value.hostNames, []);
  const baseUri = read.optional('LD_BASE_URI', value.baseUri(plainHttpHosts), 'https://app.launchdarkly.com');
  return {
    baseUri,
    plainHttpHosts,
    redirectUri: read.optional(
      'LD_OAUTH_REDIRECT_URI',
      value.redirectUri,
      parseRedirectUri('https://localhost:3000/auth/callback'),
    ),
    outgoing: { ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }), ...(ca && { ca }) },
  };
}

/** PEM text; a single certificate in DER is converted. Node ignores such a file without a word. */
function readCertificates(path: string): string {
  const bytes = readFileOrThrow(path);
  const pem = bytes.toString('utf8').match(/-----BEGIN (TRUSTED )?CERTIFICATE-----[^-]+-----END \1?CERTIFICATE-----/g);
  try {
    if (pem) return pem.map((text) => new X509Certificate(text).toString()).join('');
    return new X509Certificate(bytes).toString();
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

/** The settings of bootstrap, clients and doctor. What bootstrap itself writes may still be missing. */
export interface ScriptConfig extends LaunchDarklySettings {
  readonly accessToken: string | undefined;
  readonly clientId: string | undefined;
  readonly clientSecret: string | undefined;
}

/** Reads the settings of bootstrap, clients and doctor. Throws `ConfigError` with everything that is wrong. */
export function loadScriptConfig(input?: ConfigInput): ScriptConfig {
  const read = new SettingsReader(input);
  const config = {
    ...readLaunchDarklySettings(read),
    accessToken: read.text('LD_ACCESS_TOKEN'),
    clientId: read.text('LD_OAUTH_CLIENT_ID'),
    clientSecret: read.text('LD_OAUTH_CLIENT_SECRET'),
  };
  read.finish();
  return config;
}

/** The settings of `npm run sandbox`. */
export interface SandboxConfig {
  readonly port: number;
  readonly adminToken: string | undefined;
  readonly readerToken: string | undefined;
}

/** Reads the sandbox's settings, from the environment only. Throws `ConfigError`. */
export function loadSandboxConfig(input?: ConfigInput): SandboxConfig {
  const read = new SettingsReader({ envFile: null, ...input });
  const config = readSandbox(read);
  read.finish();
  return config;
}

/** The settings of `npm run demo`. */
export interface DemoConfig {
  readonly appPort: number;
  readonly sandbox: SandboxConfig;
  /** Whether nobody asked for the sandbox's port: if it is taken, another one will do. */
  readonly anySandboxPort: boolean;
}

/** Reads the demo's settings, from the command line and the environment only. Throws `ConfigError`. */
export function loadDemoConfig(input?: ConfigInput): DemoConfig {
  const read = new SettingsReader({ envFile: null, ...input });
  const config = {
    appPort: read.optional('PORT', value.count, 3000),
    sandbox: readSandbox(read),
    anySandboxPort: read.origin('SANDBOX_PORT') === undefined,
  };
  if (config.appPort > 65_535) read.addProblem('PORT', 'must be a port from 1 to 65535.');
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
