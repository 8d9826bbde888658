import { readFileSync } from 'node:fs';
import * as value from './parsers.ts';
import type { RedirectUri } from './redirect-uri.ts';
import { parseRedirectUri } from './redirect-uri.ts';
import type { SettingsReader } from './settings-reader.ts';

/*
 * The settings that the app and the scripts have in common: where LaunchDarkly is, and the way there.
 */

/** How calls to LaunchDarkly leave this network. */
export interface OutgoingConfig {
  /** `HTTPS_PROXY`: URL of a forward proxy. */
  readonly httpsProxy?: string;
  /** `NO_PROXY`: comma-separated hosts that are reached directly. */
  readonly noProxy?: string;
  /** PEM text of the certificates in `NODE_EXTRA_CA_CERTS`, trusted beside the built-in ones. */
  readonly ca?: string;
}

/** Origin of the LaunchDarkly instance, without a trailing slash. */
export function readBaseUri(read: SettingsReader): string {
  return read.optional('LD_BASE_URI', value.baseUri, 'https://app.launchdarkly.com');
}

/** The registered redirect URI. */
export function readRedirectUri(read: SettingsReader): RedirectUri {
  return read.optional(
    'LD_OAUTH_REDIRECT_URI',
    value.redirectUri,
    parseRedirectUri('https://localhost:3000/auth/callback'),
  );
}

/** Proxy and certificate authorities. */
export function readOutgoing(read: SettingsReader): OutgoingConfig {
  const httpsProxy = read.optional<string | undefined>('HTTPS_PROXY', value.proxyUrl, undefined);
  const noProxy = read.text('NO_PROXY');
  const ca = readExtraCa(read);
  return { ...(httpsProxy && { httpsProxy }), ...(noProxy && { noProxy }), ...(ca && { ca }) };
}

function readExtraCa(read: SettingsReader): string | undefined {
  return read.optional<string | undefined>(
    'NODE_EXTRA_CA_CERTS',
    (path) => {
      try {
        return readFileSync(path, 'utf8');
      } catch (error) {
        throw new Error(`names a file that cannot be read (${(error as NodeJS.ErrnoException).code}): ${path}.`);
      }
    },
    undefined,
  );
}
