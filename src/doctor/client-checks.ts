import { randomBytes } from 'node:crypto';
import { createOAuthClient } from '../auth/authorization-code.ts';
import { LoginError } from '../auth/login-error.ts';
import type { OAuth2Client } from '../launchdarkly/index.ts';
import { LaunchDarklyApiError, launchDarklyOAuthServer } from '../launchdarkly/index.ts';
import { checkApiToken } from '../registration/index.ts';
import type { Check, Finding, Setup } from './check.ts';
import { failed, isWrong, ok, skipped, warn } from './check.ts';
import { canReach } from './reach.ts';

const outOfReach = 'LaunchDarkly cannot be reached';

export const accessTokenAdmin: Check = {
  name: 'access-token',
  title: 'Access token is an Admin’s',
  async run(setup) {
    const { accessToken, launchDarkly } = setup;
    if (!accessToken) return skipped('LD_ACCESS_TOKEN is not set; the app does not need it');
    try {
      checkApiToken(accessToken);
      if (!(await canReach(setup))) return skipped(outOfReach);
      const { tokenName } = await launchDarkly.getCallerIdentity({ apiToken: accessToken });
      await launchDarkly.listOAuth2Clients({ apiToken: accessToken });
      return ok(tokenName ? `"${tokenName}"` : 'it may manage OAuth2 clients');
    } catch (error) {
      return failure(error);
    }
  },
};

export const clientExists: Check = {
  name: 'client',
  title: 'Client exists',
  async run(setup) {
    const client = await lookUp(setup);
    if ('status' in client) return client;
    const { accountId, name } = client;
    const { allowedAccounts } = setup.config;
    if (allowedAccounts === '*' || allowedAccounts.length === 0 || allowedAccounts.includes(accountId)) {
      return ok(`"${name}", account ${accountId}`);
    }
    return failed(
      `It belongs to the account ${accountId}, whose members LD_ALLOWED_ACCOUNTS does not let in.`,
      `LD_ALLOWED_ACCOUNTS=${accountId}, or leave it out.`,
    );
  },
};

export const clientRedirectUri: Check = {
  name: 'client-redirect-uri',
  title: 'Client has our redirect URI',
  async run(setup) {
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI')) return skipped('LD_OAUTH_REDIRECT_URI has to be fixed first');
    const client = await lookUp(setup);
    if ('status' in client) return skipped('the client cannot be looked at');
    const { href } = setup.config.redirectUri;
    if (client.redirectUri === href) return ok(href);
    return failed(
      `Registered is ${client.redirectUri}, the app uses ${href}; they must be the same character for character.`,
      'npm run bootstrap registers the one in the settings.',
    );
  },
};

/**
 * A made-up code tells a right secret from a wrong one: whoever may redeem codes learns that this one is none
 * (`invalid_grant`), everybody else that they are nobody (`invalid_client`). RFC 6749, section 5.2.
 */
export const clientSecretValid: Check = {
  name: 'client-secret',
  title: 'Client secret is valid',
  async run(setup) {
    const { clientId, clientSecret } = setup.config;
    if (!clientId || !clientSecret || isWrong(setup, 'LD_OAUTH_CLIENT_ID', 'LD_OAUTH_CLIENT_SECRET')) {
      return skipped('id and secret have to be there first');
    }
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI', 'LD_BASE_URI')) return skipped('the URIs have to be fixed first');
    if (!(await canReach(setup))) return skipped(outOfReach);
    const { reason } = await redeemMadeUpCode(setup);
    if (reason === 'code_rejected') return ok('LaunchDarkly knows it');
    if (reason === 'provider_unreachable' || reason === 'provider_timeout') return skipped(outOfReach);
    if (reason === 'client_rejected') {
      if (await isGone(setup)) return skipped('the client is not there');
      return failed(
        `LaunchDarkly does not know this pair of client id and secret (invalid_client).${blankHint(clientSecret)}`,
        'If you have the right secret, set LD_OAUTH_CLIENT_SECRET. If not: npm run bootstrap -- --rotate',
      );
    }
    return warn(
      `LaunchDarkly's answer says nothing about it (${reason}).`,
      'Try again in a moment. If it stays like this, check LD_BASE_URI.',
    );
  },
};

/** A blank at either end may belong to a secret; more often it was copied with it. */
function blankHint(secret: string): string {
  return secret === secret.trim() ? '' : ' The secret begins or ends with a blank.';
}

async function lookUp(setup: Setup): Promise<OAuth2Client | Finding> {
  const { accessToken, launchDarkly, config } = setup;
  if (!accessToken) return skipped('it takes LD_ACCESS_TOKEN to look');
  if (!config.clientId || isWrong(setup, 'LD_OAUTH_CLIENT_ID')) return skipped('there is no client id to look for');
  try {
    checkApiToken(accessToken);
    if (!(await canReach(setup))) return skipped(outOfReach);
    return await launchDarkly.getOAuth2Client({ apiToken: accessToken }, config.clientId);
  } catch (error) {
    if (!(error instanceof LaunchDarklyApiError && error.reason === 'not_found')) {
      return skipped('the access token does not let us look');
    }
    return failed(
      `${config.baseUri} does not know the client ${config.clientId}: it was deleted, or belongs to another account or instance.`,
      'Check LD_BASE_URI, or register anew: npm run bootstrap',
    );
  }
}

async function isGone(setup: Setup): Promise<boolean> {
  const client = await lookUp(setup);
  return 'status' in client && client.status === 'failed';
}

function failure(error: unknown): Finding {
  if (error instanceof LaunchDarklyApiError) {
    if (error.status === undefined) return skipped(outOfReach);
    const said = error.serverMessage ? `: "${error.serverMessage}"` : '';
    return failed(`LaunchDarkly answered ${error.status}${said}. ${error.likelyCause}`, error.nextStep);
  }
  const [what = '', ...fix] = (error instanceof Error ? error.message : String(error)).split('. ');
  return failed(`${what}.`, fix.join('. '));
}

/** Sends the login's own token request with a made-up code; resolves to the reason it was refused for. */
async function redeemMadeUpCode({ http, config }: Setup): Promise<LoginError> {
  const { baseUri, redirectUri, ...client } = config;
  const oauth = createOAuthClient({
    ...client,
    server: launchDarklyOAuthServer(baseUri),
    redirectUri: redirectUri.href,
    fetch: http.fetch,
    timeoutSeconds: 0, // `http` has a limit of its own
  });
  const { state, codeVerifier } = oauth.buildAuthorizationRequest();
  const query = new URLSearchParams({ code: randomBytes(32).toString('base64url'), state });
  try {
    await oauth.exchangeAuthorizationCode(query.toString(), { state, codeVerifier });
  } catch (error) {
    if (error instanceof LoginError) return error;
    throw error;
  }
  return new LoginError('provider_invalid_response'); // nobody redeems a made-up code
}
