import { randomBytes } from 'node:crypto';
import { createOAuthClient } from '../../src/auth/authorization-code.ts';
import { LoginError } from '../../src/auth/login-error.ts';
import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import { apiErrorAdvice, LaunchDarklyApiError, launchDarklyOAuthServer } from '../../src/launchdarkly/index.ts';
import { checkApiToken } from '../registration/index.ts';
import type { Check, Finding, Setup } from './check.ts';
import { failed, failedWith, ok, skipped, warn } from './check.ts';
import { canReach, unreachable } from './launchdarkly-checks.ts';

/** Whether the token for bootstrap and clients works. */
export const accessTokenAdmin: Check = {
  name: 'access-token',
  title: 'Access token is an Admin’s',
  async run(setup) {
    const { accessToken, launchDarkly } = setup;
    if (!accessToken) return skipped('LD_ACCESS_TOKEN is not set; the app does not need it');
    try {
      checkApiToken(accessToken);
      if (!(await canReach(setup))) return unreachable;
      const { tokenName } = await launchDarkly.getCallerIdentity({ apiToken: accessToken });
      await launchDarkly.listOAuth2Clients({ apiToken: accessToken });
      return ok(tokenName ? `"${tokenName}"` : 'it may manage OAuth2 clients');
    } catch (error) {
      return failure(error);
    }
  },
};

/** Whether LaunchDarkly knows the client in the settings, in an account that may log in. */
export const clientExists: Check = {
  name: 'client',
  title: 'Client exists',
  needs: ['LD_OAUTH_CLIENT_ID'],
  async run(setup) {
    const client = await lookUp(setup);
    if ('status' in client) return client;
    const { accountId, name } = client;
    const { allowedAccounts } = setup.config;
    if (allowedAccounts === '*' || allowedAccounts.length === 0 || allowedAccounts.includes(accountId)) {
      return ok(`"${name}", account ${accountId}`);
    }
    return failed(
      `It belongs to account ${accountId}, whose members LD_ALLOWED_ACCOUNTS excludes.`,
      `LD_ALLOWED_ACCOUNTS=${accountId}, or remove LD_ALLOWED_ACCOUNTS.`,
    );
  },
};

/** Whether LaunchDarkly would redirect to this app. */
export const clientRedirectUri: Check = {
  name: 'client-redirect-uri',
  title: 'Client has our redirect URI',
  needs: ['LD_OAUTH_REDIRECT_URI', 'LD_OAUTH_CLIENT_ID'],
  async run(setup) {
    const client = await lookUp(setup);
    if ('status' in client) return skipped('it depends on the check of the client');
    const { href } = setup.config.redirectUri;
    if (client.redirectUri === href) return ok(href);
    return failed(
      `${client.redirectUri} is registered, but the app uses ${href}. They must be identical.`,
      'npm run bootstrap registers the one in the settings.',
    );
  },
};

/**
 * A made-up code tells a right secret from a wrong one: with the right secret the code is refused (`invalid_grant`),
 * with a wrong one the client is (`invalid_client`). RFC 6749, section 5.2.
 */
export const clientSecretValid: Check = {
  name: 'client-secret',
  title: 'Client secret is valid',
  needs: ['LD_OAUTH_CLIENT_ID', 'LD_OAUTH_CLIENT_SECRET', 'LD_OAUTH_REDIRECT_URI', 'LD_BASE_URI'],
  async run(setup) {
    if (!(await canReach(setup))) return unreachable;
    const { reason } = await redeemMadeUpCode(setup);
    if (reason === 'code_rejected') return ok('LaunchDarkly accepts it');
    if (reason === 'provider_unreachable' || reason === 'provider_timeout') return unreachable;
    if (reason === 'client_rejected') {
      if (await isGone(setup)) return skipped('LaunchDarkly does not know the client');
      return failed(
        `LaunchDarkly does not know this pair of client id and secret (invalid_client).${hintAtSpaces(setup.config.clientSecret)}`,
        'If you have the right secret, set LD_OAUTH_CLIENT_SECRET. If not: npm run bootstrap -- --rotate',
      );
    }
    return warn(
      `LaunchDarkly's answer does not show whether it is valid (${reason}).`,
      'Try again in a moment. If that does not help, check LD_BASE_URI.',
    );
  },
};

/** A space at either end may be part of a secret; more often it was copied by mistake. */
function hintAtSpaces(secret: string): string {
  return secret === secret.trim() ? '' : ' The secret begins or ends with a space.';
}

async function lookUp(setup: Setup): Promise<OAuth2Client | Finding> {
  const { accessToken, launchDarkly, config } = setup;
  if (!accessToken) return skipped('set LD_ACCESS_TOKEN to check');
  try {
    checkApiToken(accessToken);
    if (!(await canReach(setup))) return unreachable;
    return await launchDarkly.getOAuth2Client({ apiToken: accessToken }, config.clientId);
  } catch (error) {
    if (!(error instanceof LaunchDarklyApiError && error.reason === 'not_found')) {
      return skipped('the access token does not allow it');
    }
    return failed(
      `${config.baseUri} does not know the client ${config.clientId}: it was deleted, or belongs to another account or instance.`,
      'Check LD_BASE_URI, or register a new client: npm run bootstrap',
    );
  }
}

async function isGone(setup: Setup): Promise<boolean> {
  const client = await lookUp(setup);
  return 'status' in client && client.status === 'failed';
}

function failure(error: unknown): Finding {
  if (error instanceof LaunchDarklyApiError) {
    if (error.status === undefined) return unreachable;
    const said = error.serverMessage ? `: "${error.serverMessage}"` : '';
    const { likelyCause, nextStep } = apiErrorAdvice(error);
    return failed(`LaunchDarkly answered ${error.status}${said}. ${likelyCause}`, nextStep);
  }
  return failedWith(error);
}

/** Sends the login's own token request with a made-up code. Resolves to the error it was refused with. */
async function redeemMadeUpCode({ http, config }: Setup): Promise<LoginError> {
  const { baseUri, redirectUri, ...client } = config;
  const oauth = createOAuthClient({
    ...client,
    server: launchDarklyOAuthServer(baseUri),
    redirectUri: redirectUri.href,
    fetch: http.fetch,
    timeoutSeconds: 0, // `http` has its own limit
  });
  const { state, codeVerifier } = oauth.buildAuthorizationRequest();
  const query = new URLSearchParams({ code: randomBytes(32).toString('base64url'), state });
  try {
    await oauth.exchangeAuthorizationCode(query.toString(), { state, codeVerifier });
  } catch (error) {
    if (error instanceof LoginError) return error;
    throw error;
  }
  return new LoginError('provider_invalid_response'); // a made-up code cannot be redeemed
}
