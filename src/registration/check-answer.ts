import { clientCredential, credential, redirectUri } from '../config/parsers.ts';
import type { OAuth2Client } from '../launchdarkly/index.ts';
import { cleanText } from '../launchdarkly/index.ts';
import { RegistrationError } from './registration-error.ts';

/** What a client was asked to be; what is undefined does not matter. */
type Expected = { readonly [Field in 'name' | 'redirectUri' | 'accountId']?: string | undefined };

const fieldNames = { name: 'name', redirectUri: 'redirect URI', accountId: 'account' } as const;

/** Tells the person where the client that LaunchDarkly answered with is not what was asked for. */
export function tellDifferences(
  { tell }: { tell(notice: string): void },
  expected: Expected,
  client: OAuth2Client,
): void {
  for (const field of ['name', 'redirectUri', 'accountId'] as const) {
    const asked = expected[field];
    if (asked === undefined || asked === client[field]) continue;
    tell(
      `LaunchDarkly answered with another ${fieldNames[field]} than was asked for: "${cleanText(client[field])}" ` +
        `instead of "${cleanText(asked)}". ${advice[field]}`,
    );
  }
}

const advice = {
  name: 'Members see that name when they are asked to authorize the app.',
  redirectUri: 'A login works only at that address. Check it with: npm run clients -- show',
  accountId: 'Only members of the account in LD_ACCOUNT_ID may enter, unless LD_ALLOWED_ACCOUNTS says otherwise.',
} as const;

/**
 * What is saved must be what the app accepts when it starts. Throws `RegistrationError` (`unusable_answer`); no secret
 * is quoted.
 */
export function refuseUnusable(
  client: Pick<OAuth2Client, 'clientId' | 'accountId' | 'redirectUri'> & {
    readonly clientSecret?: string | undefined;
  },
): void {
  check('client id', clientCredential, client.clientId);
  if (client.clientSecret) check('client secret', clientCredential, client.clientSecret);
  check('account id', credential, client.accountId);
  check('redirect URI', redirectUri, client.redirectUri);
}

function check(what: string, parse: (text: string) => unknown, text: string): void {
  try {
    parse(text);
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new RegistrationError(
      'unusable_answer',
      `LaunchDarkly answered with a ${what} that the app cannot use: it ${cleanText(why)} Check LD_BASE_URI.`,
    );
  }
}
