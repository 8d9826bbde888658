import { clientCredential, credential, redirectUri } from '../../src/config/parsers.ts';
import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import { cleanText, messageWithAdvice } from '../../src/launchdarkly/index.ts';
import { RegistrationError } from './context.ts';

/** What was requested; undefined fields do not matter. */
type Expected = { readonly [Field in 'name' | 'redirectUri' | 'accountId']?: string | undefined };

const fields = {
  name: ['name', 'Members see that name when they are asked to authorize the app.'],
  redirectUri: ['redirect URI', 'A login works only at that address. Check it with: npm run clients -- show'],
  accountId: [
    'account',
    'Only members of the account in LD_ACCOUNT_ID may log in, unless LD_ALLOWED_ACCOUNTS says otherwise.',
  ],
} as const;

/** Tells the user where the client that LaunchDarkly returned differs from what was requested. */
export function tellDifferences(
  { tell }: { tell(notice: string): void },
  expected: Expected,
  client: OAuth2Client,
): void {
  for (const field of ['name', 'redirectUri', 'accountId'] as const) {
    const asked = expected[field];
    if (asked === undefined || asked === client[field]) continue;
    const [what, consequence] = fields[field];
    const difference = `"${cleanText(client[field])}" instead of "${cleanText(asked)}"`;
    tell(`LaunchDarkly answered with another ${what} than was requested: ${difference}. ${consequence}`);
  }
}

/**
 * Throws `RegistrationError` (`unusable_answer`) unless the app would accept the client when it starts. No secret is
 * quoted.
 */
export function assertUsable(
  client: Pick<OAuth2Client, 'clientId' | 'accountId' | 'redirectUri'> & {
    readonly clientSecret?: string | undefined;
  },
): void {
  assertParses('client id', clientCredential, client.clientId);
  if (client.clientSecret) assertParses('client secret', clientCredential, client.clientSecret);
  assertParses('account id', credential, client.accountId);
  assertParses('redirect URI', redirectUri, client.redirectUri);
}

function assertParses(what: string, parse: (text: string) => unknown, text: string): void {
  try {
    parse(text);
  } catch (error) {
    const why = error instanceof Error ? messageWithAdvice(error) : '';
    throw new RegistrationError(
      'unusable_answer',
      `LaunchDarkly answered with a ${what} that the app cannot use: it ${cleanText(why)} Check LD_BASE_URI.`,
    );
  }
}
