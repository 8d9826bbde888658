/*
 * What a facts report can say. Every value is one of a few words, a number or a list of field names: no room for a
 * token, an id, a name or an address.
 */

/** A field name or a word that LaunchDarkly uses, such as `accountId` or `oauth`: letters only, so no id and no token. */
export const WORD = /^[A-Za-z][A-Za-z_]{0,30}$/;

/** What a fact may be: one of these words, a whole number, a word of LaunchDarkly's, or several. */
type Kind = readonly (string | number)[] | 'number' | 'word' | 'words';

const accepted = ['accepted', 'refused'] as const;
const yesNo = ['yes', 'no'] as const;

/** Every fact that a run looks for, and what it may be. docs/facts.md explains them. */
export const FACTS = {
  'metadata.endpoints': ['as used', 'different', 'none'],
  'client.http-localhost': accepted,
  'client.duplicate-name': accepted,
  /** Seconds until a changed redirect URI is in effect. */
  'client.redirect-uri-change': 'number',
  /** Clients on a page of the list; 0 when all were on one. */
  'client.list-page': 'number',
  'client.next-link': ['relative', 'absolute'],
  'client.secret': ['url-safe', 'other characters'],
  'client.deleted': ['access token lives', 'access token ends'],
  /** Calls in a window, as the header of an answer has it. */
  'api.rate-limit': 'number',
  'api.bearer-api-token': accepted,
  'api.raw-oauth-token': accepted,
  'api.no-rights': [401, 403],
  'api.caller-identity-fields': 'words',
  'api.auth-kind': 'word',
  'api.token-kind': 'word',
  'api.own-profile': ['readable', 'refused'],
  'authorize.checks-before-login': yesNo,
  'authorize.iss': ['none', 'right', 'wrong'],
  'authorize.without-pkce': accepted,
  'authorize.without-scope': accepted,
  'authorize.default-scope': 'words',
  /** What LaunchDarkly showed the second time. */
  'authorize.second-login': ['nothing', 'login', 'consent', 'both'],
  'authorize.openid-connect': ['present', 'absent'],
  'code.wrong-verifier': accepted,
  'code.after-wrong-verifier': accepted,
  'code.second-use': accepted,
  'code.second-use-ends-tokens': yesNo,
  'token.fields': 'words',
  /** 0 when the answer does not say it. */
  'token.expires-in': 'number',
  'token.scope': ['present', 'absent'],
  'token.granted': ['asked', 'reader', 'none', 'other'],
  'token.format': ['opaque', 'jwt', 'other'],
  'token.length': ['up to 64', 'up to 256', 'up to 1024', 'longer'],
  'token.refresh-token': ['always', 'offline_access', 'never'],
  'token.errors': ['rfc', 'rest', 'json', 'html', 'text', 'empty'],
  'token.basic': ['decoded', 'raw'],
  'refresh.answer': ['rotate', 'same', 'omit'],
  'refresh.reuse': ['revoke', 'refuse', 'accept'],
  'revocation.ends': ['token', 'grant', 'member'],
} as const satisfies Record<string, Kind>;

export type FactName = keyof typeof FACTS;
export type FactValue<Name extends FactName = FactName> = (typeof FACTS)[Name] extends readonly (infer Value)[]
  ? Value
  : (typeof FACTS)[Name] extends 'number'
    ? number
    : (typeof FACTS)[Name] extends 'word'
      ? string
      : readonly string[];

/** What no run of one person in a few minutes can see, and why. */
export const NEVER_PROBED = {
  'client.verified': 'A member of another account would have to log in.',
  'authorize.outsider': 'A member of another account would have to log in.',
  'api.profile-without-access': 'A member with the role no_access would have to log in.',
  'code.lifetime': 'It would take a login and a wait for every guess.',
  'token.refresh-lifetime': 'No answer says it, and waiting for it may take months.',
} as const;

/** Whether this may stand in a report. */
export function isFact(name: FactName, value: unknown): boolean {
  const kind: Kind = FACTS[name];
  if (kind === 'number') return Number.isSafeInteger(value) && Number(value) >= 0;
  if (kind === 'word') return isWord(value);
  if (kind === 'words') return Array.isArray(value) && value.every(isWord);
  return kind.some((one) => one === value);
}

function isWord(value: unknown): boolean {
  return typeof value === 'string' && WORD.test(value);
}
