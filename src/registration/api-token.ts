import { RegistrationError } from './registration-error.ts';

/**
 * LaunchDarkly has several kinds of keys, and people paste the wrong one. Throws `RegistrationError` (`wrong_token`)
 * for a key that is certainly no API access token, before it is sent anywhere.
 * https://launchdarkly.com/docs/home/account/api
 */
export function checkApiToken(token: string): void {
  const kind = wrongKind(token);
  if (!kind) return;
  throw new RegistrationError(
    'wrong_token',
    `LD_ACCESS_TOKEN holds ${kind}, not an API access token. Create one in LaunchDarkly: Organization settings, ` +
      'Authorization, Create token, with the Admin role. It begins with "api-".',
  );
}

function wrongKind(token: string): string | undefined {
  if (token.startsWith('sdk-')) return 'an SDK key ("sdk-…")';
  if (token.startsWith('mob-')) return 'a mobile key ("mob-…")';
  if (token.startsWith('rel-')) return 'a Relay Proxy key ("rel-…")';
  if (/^[0-9a-f]{24}$/i.test(token)) return 'a client-side id (24 hexadecimal digits)';
  if (/^bearer\s/i.test(token)) return 'the word "Bearer" before the token';
  if (!/^[\x21-\x7e]+$/.test(token)) return 'blanks or characters that no token has';
  return undefined;
}
