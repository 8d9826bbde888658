import type { Switches } from './switches.ts';

/** How a switch is shown on its page, what it may be set to, and what it means for an app and its users. */
export type SwitchField = { title: string; meaning: string } & (
  | { kind: 'flag' }
  | { kind: 'choice'; choices: readonly (string | number)[] }
  | { kind: 'number'; from: number; to: number; unit: string }
);

const flag = (title: string, meaning: string): SwitchField => ({ title, meaning, kind: 'flag' });
const choice = (title: string, choices: readonly (string | number)[], meaning: string): SwitchField => ({
  title,
  meaning,
  kind: 'choice',
  choices,
});
const seconds = (title: string, meaning: string): SwitchField => ({
  title,
  meaning,
  kind: 'number',
  from: 0,
  to: 315_360_000,
  unit: 'seconds',
});

/** The switches in the groups of their page, each with its title and what it may be set to. */
export const SWITCH_GROUPS = {
  'Registering a client': {
    httpLocalhostRedirectUris: flag(
      'Accept http redirect URIs on localhost',
      'Decides whether an app in development needs https. Sources disagree.',
    ),
    refuseDuplicateNames: flag(
      'Refuse a client name that is taken',
      'A second client needs another name, also when it replaces the first.',
    ),
    redirectUriDelay: seconds(
      'A changed redirect URI is in effect after',
      'Logins fail between changing the redirect URI and this moment.',
    ),
    clientListPageSize: {
      title: 'Clients on a page of the list (0: all)',
      meaning: 'A program that reads one page only misses clients.',
      kind: 'number',
      from: 0,
      to: 1000,
      unit: 'clients',
    },
    absoluteNextLinks: flag(
      'Links to the next page are absolute URLs',
      'A program that glues the link to the base URL breaks.',
    ),
    weakTokenStatus: choice(
      'An API token whose role is too weak gets',
      [403, 401],
      'Decides how registering with a token that is not an Admin’s fails.',
    ),
    looseAuthorizationHeader: flag(
      'Accept API tokens after Bearer, and OAuth tokens without it',
      'A header in the wrong form passes unnoticed.',
    ),
    awkwardSecrets: flag(
      'Client secrets with awkward characters',
      'A secret that is not quoted or encoded fails as a wrong secret.',
    ),
    tokensOutliveClient: flag(
      'Access tokens outlive their deleted client',
      'Members stay logged in until their access token expires.',
    ),
  },
  'Logging in': {
    verifiedClients: flag(
      'Clients are verified: members of any account may log in',
      'An app for one organization has to check the account itself.',
    ),
    rememberSession: flag(
      'Remember who is logged in',
      'The next login, also after a logout from the app, does not ask who is there.',
    ),
    rememberConsent: flag(
      'Remember what was authorized',
      'The next login does not ask for consent. With both remembered it passes without a page.',
    ),
    outsiderAnswer: choice(
      'Outsiders at an unverified client meet',
      ['page', 'redirect'],
      'With a page they never come back to the app; with a redirect the app shows that access was denied.',
    ),
    noAccessReadsProfile: flag(
      'Members with no_access may read their own profile',
      'Otherwise they cannot log in to an app that needs the profile.',
    ),
    requirePkce: flag('Require PKCE', 'An app without PKCE cannot log anybody in.'),
    checkPkce: flag('Check PKCE verifiers', 'When off, a wrong verifier passes and PKCE protects nobody.'),
    requireScope: flag('Require a scope', 'An app that asks for no scope cannot log anybody in.'),
    iss: choice(
      'iss in the answer to the app',
      ['none', 'right', 'wrong'],
      'A wrong one has to end the login: the answer is from another server.',
    ),
    openIdConnect: flag(
      'Speak OpenID Connect: the scope openid, and /trust/oidc/*',
      'For apps that follow LaunchDarkly’s newest sample. It is not documented.',
    ),
    codeLifetime: seconds(
      'Authorization codes live',
      'A login that takes longer between the two servers fails, and has to start again.',
    ),
  },
  Tokens: {
    refreshTokens: choice(
      'Refresh tokens are given',
      ['always', 'offline_access', 'never'],
      'Without one, members log in again when the access token expires.',
    ),
    refreshAnswer: choice(
      'A refresh gives a refresh token',
      ['rotate', 'same', 'omit'],
      'An app that does not keep the new one, or loses the old one when none comes, logs members out.',
    ),
    refreshTokenReuse: choice(
      'A refresh token that was rotated before',
      ['revoke', 'refuse', 'accept'],
      'Two refreshes at once log the member out, unless it is accepted.',
    ),
    revocationScope: choice(
      'Revoking a token ends',
      ['token', 'grant', 'member'],
      'token: only that token. grant: a refresh token takes its access tokens along. member: a logout on one device ends the logins on all others.',
    ),
    grantedScope: choice(
      'Granted scope',
      ['asked', 'reader', 'none'],
      'With less than was asked for, some calls are refused; with none the profile cannot be read.',
    ),
    accessTokenFormat: choice(
      'Access tokens are',
      ['opaque', 'jwt'],
      'Makes no difference to an app that does not look into them.',
    ),
    returnScope: flag('Token answers say the scope', 'Without it an app has to ask caller-identity.'),
    returnExpiresIn: flag(
      'Token answers say the lifetime',
      'Without it an app uses the token until it is refused.',
    ),
    accessTokenLifetime: seconds(
      'Access tokens live',
      'After that the app refreshes, or the member logs in again.',
    ),
    refreshTokenLifetime: seconds('Refresh tokens live', 'After that the member logs in again.'),
  },
  'Errors and limits': {
    tokenErrors: choice(
      'Errors at the token endpoint are',
      ['rfc', 'rest', 'text', 'empty'],
      'An app that understands one shape only mistakes a refusal for an outage.',
    ),
    basicCredentials: choice(
      'Basic credentials are',
      ['decoded', 'raw'],
      'raw: a library that percent-encodes the hyphens of a client id is refused.',
    ),
    rateLimit: {
      title: 'Calls allowed in ten seconds',
      meaning: 'Beyond it logins fail for a while; a fifth of it is the limit for each route.',
      kind: 'number',
      from: 1,
      to: 1_000_000,
      unit: 'calls',
    },
  },
} as const satisfies Record<string, Partial<Record<keyof Switches, SwitchField>>>;

type Grouped = typeof SWITCH_GROUPS;
type FieldName = { [Group in keyof Grouped]: keyof Grouped[Group] }[keyof Grouped];

/** Every switch with its title and what it may be set to; the compiler misses none. */
export const SWITCH_FIELDS: Readonly<Record<keyof Switches & FieldName, SwitchField>> = Object.assign(
  {},
  ...Object.values(SWITCH_GROUPS),
);

/** Every switch, in the order of its page. */
export const SWITCH_NAMES = Object.keys(SWITCH_FIELDS) as (keyof Switches)[];
