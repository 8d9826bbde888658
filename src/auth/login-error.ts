/**
 * Every way a login, or the session it began, can fail. The list is closed: the host app maps each reason to a status
 * and a page, and its compiler complains when a reason is added here and not there.
 */
export type LoginErrorReason =
  /** The authorization response came without any cookie: blocked, or opened in another browser. */
  | 'cookies_missing'
  /** No login with this `state` is under way in this browser: opened directly, finished already, other host. */
  | 'login_unknown'
  /** More than ten minutes passed between leaving for the authorization server and coming back. */
  | 'login_expired'
  /** Logins succeed, yet the next page knows nobody: the session does not stick. */
  | 'login_loop'
  /** The person pressed Cancel (RFC 6749, section 4.1.2.1). */
  | 'access_denied'
  /** The authorization server sent another `error` back (RFC 6749, section 4.1.2.1). */
  | 'authorization_failed'
  /** The authorization response breaks the protocol: no code, a repeated parameter, a foreign `iss` (RFC 9207). */
  | 'response_rejected'
  /** The token endpoint refused the code: spent, expired, or issued for somebody else (`invalid_grant`). */
  | 'code_rejected'
  /** The token endpoint does not accept our client id and secret (`invalid_client`). */
  | 'client_rejected'
  /** The token endpoint refused the request in another way: any other 4xx but 408 and 429, whatever its body. */
  | 'token_request_rejected'
  /** The authorization server or its API refuses a token that it issued itself. */
  | 'token_rejected'
  /** The authorization server asks us to slow down (HTTP 429). */
  | 'provider_rate_limited'
  /** No connection to the authorization server: DNS, refused, reset, TLS, proxy. */
  | 'provider_unreachable'
  /** The authorization server took too long, or says that we did (HTTP 408). */
  | 'provider_timeout'
  /** The authorization server failed (HTTP 5xx). */
  | 'provider_failed'
  /** The authorization server answered something that is not in its protocol. */
  | 'provider_nonsense'
  /** The person belongs to an account whose members may not enter. */
  | 'account_not_allowed'
  /** The person's role may not enter. */
  | 'role_not_allowed'
  /** The person has not accepted the invitation to the account yet. */
  | 'invitation_pending'
  /** The API would not say who the person is. */
  | 'profile_refused'
  /** Two answers of the API name two different people. */
  | 'identity_mismatch'
  /** Nobody is logged in, and the request is not one that can be sent to a login page. */
  | 'login_required'
  /** A request to log out that another site made the browser send. */
  | 'cross_site_request';

/** What else is known about a failure. */
export interface LoginErrorDetails {
  /** The original error, for the log only: it may quote the authorization server. */
  cause?: unknown;
  /** Where the person was going, so that trying again leads there: a path on this site. */
  returnTo?: string | undefined;
  /** Seconds after which trying again makes sense, of which at most an hour is kept. */
  retryAfterSeconds?: number | undefined;
}

/** A server, or a clock that is wrong, may ask for a wait of years. */
const longestRetryAfter = 3_600;

/** A login failed, for one of the known reasons. Its message is the reason: wording belongs to the host app. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  readonly reason: LoginErrorReason;
  returnTo: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(reason: LoginErrorReason, { cause, returnTo, retryAfterSeconds }: LoginErrorDetails = {}) {
    super(reason, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.returnTo = returnTo;
    this.retryAfterSeconds =
      retryAfterSeconds === undefined || Number.isNaN(retryAfterSeconds)
        ? undefined
        : Math.min(Math.max(retryAfterSeconds, 0), longestRetryAfter);
  }
}

/** Whether a failure says nothing about the person: trying later may work, so nobody is logged out for it. */
export function isTransient(error: unknown): boolean {
  return error instanceof LoginError && transientReasons.has(error.reason);
}

const transientReasons: ReadonlySet<LoginErrorReason> = new Set([
  'provider_rate_limited',
  'provider_unreachable',
  'provider_timeout',
  'provider_failed',
  'provider_nonsense',
]);
