import { randomBytes } from 'node:crypto';
import * as v from 'valibot';
import type { OAuth2Client } from '../launchdarkly/index.ts';
import { LaunchDarklyApiError, launchDarklyOAuthServer } from '../launchdarkly/index.ts';
import { checkApiToken } from '../registration/index.ts';
import type { Check, Finding, Setup } from './check.ts';
import { broken, isWrong, ok, skipped, warn } from './check.ts';
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
    return broken(
      `It belongs to the account ${accountId}, whose members LD_ALLOWED_ACCOUNTS does not let in.`,
      `LD_ALLOWED_ACCOUNTS=${accountId}, or leave it out.`,
    );
  },
};

export const clientRedirectUri: Check = {
  name: 'client-redirect-uri',
  title: 'Client has our redirect URI',
  async run(setup) {
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI'))
      return skipped('LD_OAUTH_REDIRECT_URI has to be mended first');
    const client = await lookUp(setup);
    if ('status' in client) return skipped('the client cannot be looked at');
    const { href } = setup.config.redirectUri;
    if (client.redirectUri === href) return ok(href);
    return broken(
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
    if (isWrong(setup, 'LD_OAUTH_REDIRECT_URI', 'LD_BASE_URI'))
      return skipped('the URIs have to be mended first');
    if (!(await canReach(setup))) return skipped(outOfReach);
    const answer = await redeemMadeUpCode(setup).catch(() => undefined);
    if (!answer) return skipped(outOfReach);
    if (answer.error === 'invalid_grant') return ok('LaunchDarkly knows it');
    if (answer.error === 'invalid_client' || answer.status === 401) {
      if (await isGone(setup)) return skipped('the client is not there');
      return broken(
        'LaunchDarkly does not know this pair of client id and secret (invalid_client).',
        'If you have the right secret, set LD_OAUTH_CLIENT_SECRET. If not: npm run bootstrap -- --rotate',
      );
    }
    return warn(
      `LaunchDarkly's answer says nothing about it (status ${answer.status}, ${answer.error ?? 'no error code'}).`,
      'Try again in a moment. If it stays like this, check LD_BASE_URI.',
    );
  },
};

async function lookUp(setup: Setup): Promise<OAuth2Client | Finding> {
  const { accessToken, launchDarkly, config } = setup;
  if (!accessToken) return skipped('it takes LD_ACCESS_TOKEN to look');
  if (!config.clientId || isWrong(setup, 'LD_OAUTH_CLIENT_ID'))
    return skipped('there is no client id to look for');
  try {
    checkApiToken(accessToken);
    if (!(await canReach(setup))) return skipped(outOfReach);
    return await launchDarkly.getOAuth2Client({ apiToken: accessToken }, config.clientId);
  } catch (error) {
    if (!(error instanceof LaunchDarklyApiError && error.reason === 'not_found')) {
      return skipped('the access token does not let us look');
    }
    return broken(
      `${config.baseUri} does not know the client ${config.clientId}: it was deleted, or belongs to another account or instance.`,
      'Check LD_BASE_URI, or register anew: npm run bootstrap',
    );
  }
}

async function isGone(setup: Setup): Promise<boolean> {
  const client = await lookUp(setup);
  return 'status' in client && client.status === 'broken';
}

function failure(error: unknown): Finding {
  if (error instanceof LaunchDarklyApiError) {
    if (error.status === undefined) return skipped(outOfReach);
    const said = error.serverMessage ? `: "${error.serverMessage}"` : '';
    return broken(`LaunchDarkly answered ${error.status}${said}. ${error.likelyCause}`, error.nextStep);
  }
  const [what = '', ...mend] = (error instanceof Error ? error.message : String(error)).split('. ');
  return broken(`${what}.`, mend.join('. '));
}

const oauthError = v.object({ error: v.pipe(v.string(), v.regex(/^[a-z_]{1,40}$/)) });

async function redeemMadeUpCode({
  http,
  config,
}: Setup): Promise<{ status: number; error: string | undefined }> {
  const { clientId, clientSecret, clientAuth, redirectUri, baseUri } = config;
  const madeUp = randomBytes(32).toString('base64url');
  const form = new URLSearchParams({
    grant_type: 'authorization_code',
    code: madeUp,
    redirect_uri: redirectUri.href,
    code_verifier: madeUp,
    ...(clientAuth === 'post' && { client_id: clientId, client_secret: clientSecret }),
  });
  const { status, body } = await http.request({
    method: 'POST',
    url: launchDarklyOAuthServer(baseUri).token_endpoint,
    headers: {
      accept: 'application/json',
      'content-type': 'application/x-www-form-urlencoded',
      ...(clientAuth === 'basic' && { authorization: `Basic ${basicCredentials(clientId, clientSecret)}` }),
    },
    body: form.toString(),
  });
  const parsed = v.safeParse(oauthError, parseJson(body));
  return { status, error: parsed.success ? parsed.output.error : undefined };
}

/** RFC 6749, section 2.3.1: both are form-encoded before they are joined. */
function basicCredentials(clientId: string, clientSecret: string): string {
  const encode = (text: string) => new URLSearchParams({ _: text }).toString().slice(2);
  return Buffer.from(`${encode(clientId)}:${encode(clientSecret)}`).toString('base64');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
