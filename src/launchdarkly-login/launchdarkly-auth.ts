import { type Auth, type AuthOptions, createAuth } from '../auth/index.ts';
import { type LoginConfig, loadLoginConfig } from '../config/config.ts';
import { createHttp, createLaunchDarkly, type Http, launchDarklyOAuthServer } from '../launchdarkly/index.ts';
import { type Admission, createFetchUser } from './fetch-user.ts';

/** The options of `createAuth`, except for those that LaunchDarkly decides, and who may enter. */
export interface LaunchDarklyAuthOptions
  extends Partial<Omit<AuthOptions, 'server' | 'fetch' | 'timeoutSeconds' | 'fetchUser'>>,
    Partial<Admission> {
  /** Origin of the LaunchDarkly instance, default `https://app.launchdarkly.com`. */
  readonly baseUri?: string;
  /** Where browsers reach that instance, if they need another origin than this program: for a sandbox behind a forwarder. */
  readonly publicBaseUri?: string | undefined;
  /** Sends the calls to LaunchDarkly. Default: one that follows `HTTPS_PROXY` when the settings are read. */
  readonly http?: Http;
}

/**
 * Sets up "Log in with LaunchDarkly" for an Express app. Makes no network call. Without `clientId`, the login's settings
 * (`LD_*`, `SESSION_*`) are read from the environment, and options take precedence over them; with `clientId`, none is
 * read. Throws `ConfigError` or `TypeError` with everything that is wrong.
 */
export function createLaunchDarklyAuth(options: LaunchDarklyAuthOptions = {}): Auth {
  const config = options.clientId === undefined ? loadLoginConfig() : undefined;
  const given = { ...(config && loginOptions(config)), ...options };
  const { baseUri = 'https://app.launchdarkly.com', publicBaseUri, ...others } = given;
  const { http = createHttp(config?.outgoing), ...rest } = others;
  const { clientId = '', clientSecret = '', redirectUri = '', scope = 'reader', secrets = [] } = rest;
  const { allowedAccounts = [] } = rest;
  if (allowedAccounts !== '*' && !(allowedAccounts.length > 0 && allowedAccounts.every(Boolean)))
    throw new TypeError("allowedAccounts must list the ids of the accounts whose members may log in, or be '*'.");
  return createAuth({
    ...rest,
    ...{ clientId, clientSecret, redirectUri, scope, secrets },
    server: launchDarklyOAuthServer(baseUri, publicBaseUri),
    fetch: http.fetch,
    timeoutSeconds: 0, // `http` has its own limit
    fetchUser: createFetchUser(createLaunchDarkly({ baseUri, http }), { ...rest, allowedAccounts }),
  });
}

/** The settings as options of `createLaunchDarklyAuth`. */
export function loginOptions(config: LoginConfig): LaunchDarklyAuthOptions {
  const { redirectUri, sessionSecrets, sessionMax, sessionRevalidate, baseUri, clientId, clientSecret } = config;
  const { clientAuth, pkce, scope, allowedAccounts, allowedRoles, allowedCustomRoles, allowedTeams, plainHttpHosts } =
    config;
  return {
    ...{ baseUri, clientId, clientSecret, clientAuth, pkce, scope, plainHttpHosts },
    ...{ allowedAccounts, allowedRoles, allowedCustomRoles, allowedTeams },
    redirectUri: redirectUri.href,
    secrets: sessionSecrets,
    maxAge: sessionMax,
    revalidateAfter: sessionRevalidate,
  };
}
