import type { LoginErrorReason } from '../auth/index.ts';

/** Everything that can go wrong, as visitors see it: the login's reasons and the app's own. */
export type FailureCode =
  | LoginErrorReason
  | 'not_found'
  | 'bad_request'
  | 'rate_limited'
  | 'redirect_loop'
  | 'api_refused'
  | 'session_store_unavailable'
  | 'internal_error';

/** What visitors are told about a failure. */
export interface FailureText {
  readonly status: number;
  readonly title: string;
  /** What happened. */
  readonly message: string;
  /** Why it may have happened. */
  readonly cause: string;
  /** What a visitor can do. */
  readonly nextStep: string;
  /** What the people who run the app can do. The failure page shows it on a loopback address only. */
  readonly developerStep?: string;
  /** Whether to offer another login; default true. */
  readonly tryAgain?: false;
  /** A former name of the code. Links to it still work. */
  readonly formerCode?: string;
}

/**
 * Every code with its status and texts: pages, JSON answers, `/troubleshooting` and the log use this table.
 * 4xx is what the visitor can change, 502 to 504 is trouble at LaunchDarkly.
 */
export const failures: Readonly<Record<FailureCode, FailureText>> = {
  cookies_missing: {
    status: 400,
    title: 'Your browser sent no cookie',
    message: 'LaunchDarkly sent you back, but your browser did not send the cookie that the login started with.',
    cause:
      'Cookies are blocked for this site, the link was opened in another browser or a private window, or the login was started under another host name.',
    nextStep: 'Allow cookies for this site, then log in again in the same browser.',
  },
  login_unknown: {
    status: 400,
    title: 'We could not match this login',
    message: 'It was not started in this browser, or it has already finished.',
    cause: 'The page was opened from a link or the history, or the login was started under another host name.',
    nextStep: 'Log in again.',
  },
  login_expired: {
    status: 400,
    title: 'The login took too long',
    message: 'A login must be completed within ten minutes.',
    cause: 'The page at LaunchDarkly stayed open too long.',
    nextStep: 'Log in again. You will return to the page you wanted.',
  },
  login_loop: {
    status: 400,
    title: 'You are not staying logged in',
    message: 'You logged in twice, and both times the next page did not know you. We stopped to avoid an endless loop.',
    cause: 'Your browser is rejecting the session cookie, or the app is losing the session.',
    nextStep: 'Allow cookies for this site and try again.',
    developerStep:
      'Run `npm run doctor`. Common reasons: a Secure cookie over plain http, or a session store that loses data.',
  },
  access_denied: {
    status: 200,
    title: 'You cancelled the login',
    message: 'You are not logged in, and this app got no access to your account.',
    cause: 'You chose Cancel at LaunchDarkly.',
    nextStep: 'Changed your mind? You can log in at any time.',
  },
  authorization_failed: {
    status: 400,
    title: 'LaunchDarkly did not authorize the login',
    message: 'LaunchDarkly sent you back with an error.',
    cause: 'A temporary fault, a scope that this app may not request, or a client that your account may not use.',
    nextStep: 'Try again. If it keeps happening, contact the people who run this app.',
  },
  response_rejected: {
    status: 400,
    title: 'The answer from LaunchDarkly was rejected',
    message: 'The address you came back with is incomplete, or LaunchDarkly did not create it for this login.',
    cause: 'The address was changed or cut off on the way, or somebody else created it.',
    nextStep: 'Log in again.',
  },
  code_rejected: {
    status: 400,
    title: 'This login is no longer valid',
    message: 'LaunchDarkly rejected the one-time code of this login.',
    cause: 'The page was loaded twice, or too much time passed.',
    nextStep: 'Log in again.',
    developerStep:
      'If it happens every time, the redirect URI may differ from the registered one: run `npm run doctor`.',
  },
  client_rejected: {
    status: 502,
    title: 'LaunchDarkly does not know this app',
    message: "LaunchDarkly rejected the app's client ID and secret, so nobody can log in.",
    cause: 'The secret was replaced, the client was deleted, or it belongs to another LaunchDarkly instance.',
    nextStep: 'Contact the people who run this app.',
    developerStep: '`npm run doctor` checks both. `npm run bootstrap -- --rotate` creates a new client.',
    tryAgain: false,
  },
  token_request_rejected: {
    status: 502,
    title: 'LaunchDarkly refused this login',
    message: 'LaunchDarkly answered with an error when this app asked it to complete the login.',
    cause: 'Most often the one-time code was already used or had expired, for example because a page was loaded twice.',
    nextStep: 'Log in again.',
    developerStep: 'It may also be about the client, its secret or its redirect URI: run `npm run doctor`.',
  },
  token_rejected: {
    status: 502,
    title: 'LaunchDarkly rejected its own token',
    message: 'LaunchDarkly issued an access token and then did not accept it.',
    cause: 'The authorization was withdrawn, the member was removed, or LaunchDarkly has a fault.',
    nextStep: 'Log in again in a moment.',
  },
  provider_rate_limited: {
    status: 503,
    title: 'LaunchDarkly is busy',
    message: 'LaunchDarkly received too many requests and asked this app to slow down.',
    cause: "The account's rate limit is used up, perhaps by other programs.",
    nextStep: 'Try again in about a minute.',
  },
  provider_unreachable: {
    status: 502,
    title: 'LaunchDarkly is unreachable',
    message: 'This app could not connect to LaunchDarkly.',
    cause: 'LaunchDarkly is down, or there is a problem with the network, a proxy or a certificate.',
    nextStep: 'Try again in a moment.',
    developerStep: 'Run `npm run doctor` to see which part fails.',
  },
  provider_timeout: {
    status: 504,
    title: 'LaunchDarkly took too long',
    message: 'LaunchDarkly did not answer in time.',
    cause: 'LaunchDarkly is overloaded, or the network is slow.',
    nextStep: 'Try again in a moment.',
  },
  provider_failed: {
    status: 502,
    title: 'LaunchDarkly has a problem',
    message: 'LaunchDarkly answered with an error.',
    cause: 'A fault or maintenance at LaunchDarkly.',
    nextStep: 'Try again in a moment.',
  },
  provider_invalid_response: {
    status: 502,
    title: 'Unexpected response from LaunchDarkly',
    message: 'The response was not what LaunchDarkly documents, so this app did not use it.',
    cause: 'Something between this app and LaunchDarkly may have answered instead, such as a proxy with its own page.',
    nextStep: 'Try again in a moment.',
    developerStep: 'Check LD_BASE_URI and run `npm run doctor`.',
    formerCode: 'provider_nonsense',
  },
  account_not_allowed: {
    status: 403,
    title: 'Your account cannot use this app',
    message: 'You are logged in at LaunchDarkly, but with an account that this app does not accept.',
    cause: 'You belong to several accounts and another one is active, or this app is for another organization.',
    nextStep: 'Switch to the right account at LaunchDarkly and log in again, or contact the people who run this app.',
  },
  role_not_allowed: {
    status: 403,
    title: 'Your role cannot use this app',
    message: 'This app accepts only certain LaunchDarkly roles, and yours is not one of them.',
    cause: 'Your role was changed, or the app is for other people in your account.',
    nextStep: 'Ask an Admin of your LaunchDarkly account for another role, or contact the people who run this app.',
  },
  team_not_allowed: {
    status: 403,
    title: 'Your team cannot use this app',
    message: 'This app accepts only members of certain LaunchDarkly teams, and you are in none of them.',
    cause: 'You left a team, or the app is for other people in your account.',
    nextStep: 'Ask an Admin of your LaunchDarkly account to add you to a team, or contact the people who run this app.',
  },
  invitation_pending: {
    status: 403,
    title: 'Accept your invitation first',
    message: 'You were invited to the LaunchDarkly account but have not accepted yet.',
    cause: 'The invitation in your e-mail is still open.',
    nextStep: 'Open the invitation from LaunchDarkly, accept it, then log in again.',
  },
  profile_refused: {
    status: 403,
    title: 'LaunchDarkly did not share your profile',
    message: 'You logged in at LaunchDarkly, but it does not let this app read who you are.',
    cause: 'Your role may not read its own profile, or the token belongs to no member.',
    nextStep: 'Ask an Admin of your LaunchDarkly account for a role that may read account members.',
  },
  identity_mismatch: {
    status: 403,
    title: 'LaunchDarkly named two different people',
    message: 'Two answers from LaunchDarkly disagree about who you are, so this app used neither.',
    cause: 'You switched accounts during the login.',
    nextStep: 'Log in again.',
  },
  login_required: {
    status: 401,
    title: 'Log in first',
    message: 'You need to be logged in to see this.',
    cause: 'You are not logged in, you logged out, or your session ended.',
    nextStep: 'Log in with LaunchDarkly.',
  },
  cross_site_request: {
    status: 403,
    title: 'Another site tried to log you out',
    message: 'A page of another site made your browser send a logout to this app. You are still logged in.',
    cause: 'The form is not part of this app.',
    nextStep: 'To log out, use the Log out button of this app.',
    tryAgain: false,
  },
  not_found: {
    status: 404,
    title: 'Page not found',
    message: 'There is no page at this address.',
    cause: 'The link is old, or the address contains a typo.',
    nextStep: 'Go to the home page.',
    tryAgain: false,
  },
  bad_request: {
    status: 400,
    title: 'This app could not read the request',
    message: 'Your browser sent something that this app does not understand.',
    cause: 'A damaged link, or a program that is not a browser.',
    nextStep: 'Go to the home page and start from there.',
    tryAgain: false,
  },
  rate_limited: {
    status: 429,
    title: 'Too many logins',
    message: 'Too many logins were started from your network address in a short time.',
    cause: 'A page that reloads itself, a program, or many people behind one address.',
    nextStep: 'Wait a minute, then try again.',
  },
  redirect_loop: {
    status: 500,
    title: 'This app keeps redirecting to itself',
    message:
      'You were sent to the address of this app three times, and each time the request seemed to come elsewhere.',
    cause: 'A proxy in front of this app reports another scheme or host name than the one you used.',
    nextStep: 'Tell the people who run this app. Its log says what to change.',
    developerStep: 'Let the proxy pass Host and X-Forwarded-Proto on as the browser’s request has them.',
    tryAgain: false,
  },
  api_refused: {
    status: 403,
    title: 'You do not have access to this',
    message: 'Your LaunchDarkly role does not allow you to see this.',
    cause: 'This app acts with your own permissions, so it cannot show you more than LaunchDarkly does.',
    nextStep: 'Ask an Admin of your LaunchDarkly account for access.',
    tryAgain: false,
  },
  session_store_unavailable: {
    status: 503,
    title: 'Sessions are temporarily unavailable',
    message: 'This app cannot reach the place where it keeps sessions.',
    cause: 'The session store is restarting or down. Your session is not lost.',
    nextStep: 'Try again in a moment.',
    tryAgain: false,
  },
  internal_error: {
    status: 500,
    title: 'Something went wrong',
    message: 'Something went wrong on our side.',
    cause: 'A bug in this app. Its log has the details under the request ID below.',
    nextStep: 'Try again. If it keeps happening, send the request ID to the people who run this app.',
    tryAgain: false,
  },
};
