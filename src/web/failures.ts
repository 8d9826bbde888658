import type { LoginErrorReason } from '../auth/index.ts';

/** Everything that can go wrong, from a visitor's point of view: the login's reasons and the app's own. */
export type FailureCode =
  | LoginErrorReason
  | 'not_found'
  | 'bad_request'
  | 'rate_limited'
  | 'api_refused'
  | 'session_store_unavailable'
  | 'internal_error';

/** What people are told about a failure. */
export interface Failure {
  readonly status: number;
  readonly title: string;
  /** What happened. */
  readonly message: string;
  /** Why it may have happened. */
  readonly cause: string;
  readonly nextStep: string;
  /** Whether starting the login once more can help. */
  readonly tryAgain: boolean;
  /** An earlier name of the code: links to it still work. */
  readonly formerCode?: string;
}

/** The app failed for a reason of its own; the login's failures are `LoginError`s. */
export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: FailureCode;
  /** Where the person was going: a path on this site. */
  readonly returnTo: string | undefined;

  constructor(code: FailureCode, { returnTo, ...options }: ErrorOptions & { returnTo?: string } = {}) {
    super(code, options);
    this.code = code;
    this.returnTo = returnTo;
  }
}

/**
 * Every code, its status and its words, once: pages, JSON answers, `/troubleshooting` and the log draw on this table.
 * 4xx for what the visitor can change, 502 to 504 for trouble at LaunchDarkly.
 */
export const failures: Readonly<Record<FailureCode, Failure>> = {
  cookies_missing: {
    status: 400,
    title: 'Your browser sent no cookie',
    message: 'LaunchDarkly sent you back, but this browser did not bring the cookie that the login began with.',
    cause: 'Cookies are blocked for this site, or the link was opened in another browser or a private window.',
    nextStep: 'Allow cookies for this site, then log in again in this same browser.',
    tryAgain: true,
  },
  login_unknown: {
    status: 400,
    title: 'This login is not under way',
    message: 'The address you opened ends a login that this browser is not in the middle of.',
    cause:
      'The page was opened directly or from history, the login was finished before, or it began under another host name.',
    nextStep: 'Log in again from the start.',
    tryAgain: true,
  },
  login_expired: {
    status: 400,
    title: 'That took too long',
    message: 'A login has to be finished within ten minutes, and this one was not.',
    cause: 'The page at LaunchDarkly stayed open for a while before you went on.',
    nextStep: 'Log in again; you will get to where you were going.',
    tryAgain: true,
  },
  login_loop: {
    status: 400,
    title: 'Logging in does not stick',
    message:
      'LaunchDarkly logged you in twice in a row, and the next page still did not know you. We stopped instead of trying for ever.',
    cause:
      'The browser drops the session cookie, or the app loses the session: a Secure cookie over plain http, or a session store that forgets.',
    nextStep: 'Allow cookies for this site and try again. If you run this app, `npm run doctor` finds the reason.',
    tryAgain: true,
  },
  access_denied: {
    status: 200,
    title: 'You cancelled the login',
    message: 'Nothing has happened: this login ended before it began, and it gave this app no access.',
    cause: 'Cancel was pressed at LaunchDarkly.',
    nextStep: 'Changed your mind? Log in whenever you like.',
    tryAgain: true,
  },
  authorization_failed: {
    status: 400,
    title: 'LaunchDarkly did not authorize the login',
    message: 'LaunchDarkly sent you back with an error instead of an authorization.',
    cause: 'A passing fault there, a scope that this app may not ask for, or a client that your account may not use.',
    nextStep: 'Try again. If it happens again, contact the app’s administrator: the log has the details.',
    tryAgain: true,
  },
  response_rejected: {
    status: 400,
    title: "LaunchDarkly's answer was not accepted",
    message: 'The address you came back with is incomplete, or was not made by LaunchDarkly for this login.',
    cause: 'The address was changed on its way, cut off, or put together by somebody else.',
    nextStep: 'Log in again from the start.',
    tryAgain: true,
  },
  code_rejected: {
    status: 400,
    title: 'This login is no longer valid',
    message: 'LaunchDarkly no longer accepts the one-time code of this login.',
    cause:
      'The page was loaded twice, or too much time passed. It also happens when the redirect URI differs from the registered one.',
    nextStep: 'Log in again. If it happens every time, run `npm run doctor`.',
    tryAgain: true,
  },
  client_rejected: {
    status: 502,
    title: 'LaunchDarkly does not know this app',
    message: "LaunchDarkly refused the app's own client id and secret, so nobody can log in.",
    cause: 'The secret was replaced, the client was deleted, or it belongs to another LaunchDarkly instance.',
    nextStep: 'If you run this app: `npm run doctor` checks both; `npm run bootstrap -- --rotate` makes a new client.',
    tryAgain: false,
  },
  token_request_rejected: {
    status: 502,
    title: 'LaunchDarkly refused this login',
    message: 'LaunchDarkly answered with an error when this app asked it to complete the login.',
    cause:
      'Most often the one-time code was spent or too old, for example because a page was loaded twice. The answer does not say so in the standard form (RFC 6749), so it may also be about the client, its secret or its redirect URI.',
    nextStep: 'Log in again. If it happens every time and you run this app, `npm run doctor` checks the client.',
    tryAgain: true,
  },
  token_rejected: {
    status: 502,
    title: 'LaunchDarkly refused its own token',
    message: 'LaunchDarkly issued an access token and then did not accept it.',
    cause: 'The authorization was taken back, the member was removed, or LaunchDarkly is in trouble.',
    nextStep: 'Log in again in a moment.',
    tryAgain: true,
  },
  provider_rate_limited: {
    status: 503,
    title: 'LaunchDarkly asks us to wait',
    message: 'Too many requests reached LaunchDarkly at once, and it asked this app to slow down.',
    cause: "The account's rate limit is used up, perhaps by other programs.",
    nextStep: 'Try again in about a minute.',
    tryAgain: true,
  },
  provider_unreachable: {
    status: 502,
    title: 'LaunchDarkly cannot be reached',
    message: 'This app got no connection to LaunchDarkly.',
    cause: 'LaunchDarkly is down, or a network, proxy or certificate between here and there is.',
    nextStep: 'Try again in a moment. If you run this app: `npm run doctor` says which part fails.',
    tryAgain: true,
  },
  provider_timeout: {
    status: 504,
    title: 'LaunchDarkly takes too long',
    message: 'LaunchDarkly did not answer in time.',
    cause: 'It is overloaded, or the network between here and there is slow.',
    nextStep: 'Try again in a moment.',
    tryAgain: true,
  },
  provider_failed: {
    status: 502,
    title: 'LaunchDarkly has a fault',
    message: 'LaunchDarkly answered with an error of its own.',
    cause: 'A fault or maintenance on its side.',
    nextStep: 'Try again in a moment.',
    tryAgain: true,
  },
  provider_invalid_response: {
    status: 502,
    title: 'LaunchDarkly gave an invalid answer',
    message: 'The answer was not what LaunchDarkly documents, so this app did not trust it.',
    cause: 'Something between here and LaunchDarkly answered in its place, such as a proxy with a page of its own.',
    nextStep: 'Try again in a moment. If you run this app: check LD_BASE_URI and run `npm run doctor`.',
    tryAgain: true,
    formerCode: 'provider_nonsense',
  },
  account_not_allowed: {
    status: 403,
    title: 'Your account may not enter',
    message: 'You are logged in at LaunchDarkly with an account whose members this app does not admit.',
    cause: 'You belong to several accounts and another one is active, or this app is meant for another organization.',
    nextStep:
      'Switch to the right account at LaunchDarkly, then log in again. Otherwise contact the app’s administrator.',
    tryAgain: true,
  },
  role_not_allowed: {
    status: 403,
    title: 'Your role may not enter',
    message: 'This app admits only certain LaunchDarkly roles, and yours is not among them.',
    cause: 'Your role was changed, or the app is meant for other people in your account.',
    nextStep: 'Ask an Admin of your LaunchDarkly account for another role, or the app’s administrator to admit yours.',
    tryAgain: true,
  },
  invitation_pending: {
    status: 403,
    title: 'Accept your invitation first',
    message: 'You were invited to the LaunchDarkly account, but have not accepted yet.',
    cause: 'The invitation in your e-mail is still open.',
    nextStep: 'Open the invitation that LaunchDarkly sent you, accept it, then log in again.',
    tryAgain: true,
  },
  profile_refused: {
    status: 403,
    title: 'LaunchDarkly would not share your profile',
    message: 'LaunchDarkly logged you in, but does not let this app read who you are.',
    cause: 'Your role may not read its own profile, or the token belongs to no member.',
    nextStep: 'Ask an Admin of your LaunchDarkly account for a role that may read account members.',
    tryAgain: true,
  },
  identity_mismatch: {
    status: 403,
    title: 'LaunchDarkly named two different people',
    message: 'Two answers of LaunchDarkly disagree about who you are, so this app believed neither.',
    cause: 'Accounts were switched in the middle of the login.',
    nextStep: 'Log in again from the start.',
    tryAgain: true,
  },
  login_required: {
    status: 401,
    title: 'Log in first',
    message: 'This is for people who are logged in.',
    cause: 'You never logged in, you logged out, or the session ended.',
    nextStep: 'Log in with LaunchDarkly.',
    tryAgain: true,
  },
  cross_site_request: {
    status: 403,
    title: 'Another site asked for this',
    message: 'A page of another site made your browser ask this app to log you out. We did not.',
    cause: 'The form did not come from this app.',
    nextStep: 'Use the button of this app.',
    tryAgain: false,
  },
  not_found: {
    status: 404,
    title: 'There is no such page',
    message: 'Nothing lives at this address.',
    cause: 'The link is old, or there is a typing mistake in it.',
    nextStep: 'Go to the home page.',
    tryAgain: false,
  },
  bad_request: {
    status: 400,
    title: 'That request could not be understood',
    message: 'The browser sent something that this app cannot read.',
    cause: 'A damaged link, or a program that is not a browser.',
    nextStep: 'Go to the home page and start from there.',
    tryAgain: false,
  },
  rate_limited: {
    status: 429,
    title: 'Slow down a little',
    message: 'Too many logins were started from your network address in a short time.',
    cause: 'A page that reloads itself, a program, or many people behind one address.',
    nextStep: 'Wait a minute, then try again.',
    tryAgain: true,
  },
  api_refused: {
    status: 403,
    title: 'LaunchDarkly does not show you this',
    message: 'Your LaunchDarkly role may not see what this page is about.',
    cause: 'The token that you gave this app can never do more than you can.',
    nextStep: 'Ask an Admin of your LaunchDarkly account, or go back.',
    tryAgain: false,
  },
  session_store_unavailable: {
    status: 503,
    title: 'Sessions are not available right now',
    message: 'This app cannot reach the place where it keeps its sessions.',
    cause: 'The session store is restarting or down. Your session is not lost.',
    nextStep: 'Try again in a moment.',
    tryAgain: false,
  },
  internal_error: {
    status: 500,
    title: 'Something is broken here',
    message: 'This app made a mistake that it did not expect.',
    cause: 'A bug. The log has the details under the request id below.',
    nextStep: 'Try again. If it happens again, give the app’s administrator the request id.',
    tryAgain: false,
  },
};
