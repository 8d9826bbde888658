/** What a reader should know about the calls of a login and their fields, by LaunchDarkly's name of the operation. */
export const callNotes = {
  getCallerIdentity: {
    title: 'Whose token is it?',
    why: 'The answer decides: which account, and which member of it. Without it, members of your account could not be told apart from anybody else’s. Sent together with the next one.',
    source: { file: 'src/launchdarkly/members.ts', name: 'getCallerIdentity' },
    fields: {
      accountId:
        'Decides who may enter. Without it, members of every account could, as soon as LaunchDarkly verifies the app.',
      memberId: 'Together with the account it is the key for this person: an e-mail address can change hands.',
      scopes: 'What the token may do.',
      clientId: 'The app that the token was issued to.',
    },
  },
  getMember: {
    title: 'Who is that member?',
    why: 'The answer describes: name, e-mail, roles and teams, as the pages show them.',
    source: { file: 'src/launchdarkly/members.ts', name: 'getCurrentMember' },
    fields: {
      _id: 'Must be the memberId of the step before, or the two answers are about different people.',
      email: 'For display only. It is no key: it can change, and one address can belong to several accounts.',
      role: 'The base role. It counts only for members without custom roles.',
      customRoles: 'When there are any, they decide instead of the base role.',
      teams: 'For display, and for rules of your own.',
      _pendingInvite: 'A person who has not accepted the invitation yet is not let in.',
      _verified: 'Whether the address was proven. If it was not, do not rely on it.',
      firstName: 'For display. May be missing.',
      lastName: 'For display. May be missing.',
    },
  },
};

/** LaunchDarkly's name of an operation that a login uses. */
export type LoginOperation = keyof typeof callNotes;

/** What LaunchDarkly's own headers are for, by their names in lower case. */
export const headerNotes: Readonly<Record<string, string>> = {
  'ld-api-version':
    'Pins the version of LaunchDarkly’s API. Without it a default decides, and the answer may change its shape.',
  'x-ratelimit-global-limit': 'How many calls the whole account may make in a window of about ten seconds.',
  'x-ratelimit-global-remaining': 'How many of them are left.',
  'x-ratelimit-route-limit': 'The same for this route.',
  'x-ratelimit-route-remaining': 'How many of them are left.',
  'x-ratelimit-auth-token-limit': 'The same for this token.',
  'x-ratelimit-auth-token-remaining': 'How many of them are left.',
  'x-ratelimit-auth-token-reset': 'When to try again with this token, in milliseconds since 1970.',
  'x-ratelimit-reset': 'When to try again, in milliseconds since 1970.',
};

/** The operation that a path of LaunchDarkly's API belongs to, if a login uses it. */
export function loginOperation(path: string): LoginOperation | undefined {
  if (path.endsWith('/caller-identity')) return 'getCallerIdentity';
  return path.endsWith('/members/me') ? 'getMember' : undefined;
}

/** The operation that failed, when an error or one of its causes is a `LaunchDarklyApiError` of a login's call. */
export function failedOperation(error: unknown): LoginOperation | undefined {
  const { operation, cause } = Object(error) as { operation?: unknown; cause?: unknown };
  if (typeof operation === 'string' && operation in callNotes) return operation as LoginOperation;
  return cause === undefined ? undefined : failedOperation(cause);
}
