// log-in-with-launchdarkly 0.1.0, MIT License
import type { Request } from 'express';

/**
 * Every way in which a login, or the session it started, can fail. The list is closed: when a reason is added here, the
 * host app's table of statuses and pages no longer compiles until it has it as well.
 */
export type LoginErrorReason =
  /** The authorization response came without any cookie: blocked, or opened in another browser. */
  | 'cookies_missing'
  /** No login with this `state` is under way in this browser: opened directly, already finished, or another host. */
  | 'login_unknown'
  /** More than ten minutes passed between leaving for the authorization server and coming back. */
  | 'login_expired'
  /** Logins succeed, but on the next page nobody is logged in: the session does not stick. */
  | 'login_loop'
  /** The user pressed Cancel (RFC 6749, section 4.1.2.1). */
  | 'access_denied'
  /** The authorization server sent another `error` back (RFC 6749, section 4.1.2.1). */
  | 'authorization_failed'
  /** The authorization response breaks the protocol: no code, a repeated parameter, a foreign `iss` (RFC 9207). */
  | 'response_rejected'
  /** The token endpoint refused the code: spent, expired, or issued for another client (`invalid_grant`). */
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
  /** The authorization server took too long, or reported that we did (HTTP 408). */
  | 'provider_timeout'
  /** The authorization server failed (HTTP 5xx). */
  | 'provider_failed'
  /** The authorization server answered with something that its protocol does not know. */
  | 'provider_invalid_response'
  /** The member's account is not allowed in. */
  | 'account_not_allowed'
  /** The member's role is not allowed in. */
  | 'role_not_allowed'
  /** The member is in none of the teams that are allowed in. */
  | 'team_not_allowed'
  /** The member has not accepted the invitation to the account yet. */
  | 'invitation_pending'
  /** The API refused to say who the member is. */
  | 'profile_refused'
  /** Two answers of the API name two different members. */
  | 'identity_mismatch'
  /** Nobody is logged in, and the request cannot be redirected to a login page. */
  | 'login_required'
  /** Another site made the browser send a logout request. */
  | 'cross_site_request';

/** What else is known about a failure. */
export interface LoginErrorDetails {
  /** The original error, for the log only: it may quote the authorization server. */
  cause?: unknown;
  /** Where the user was going, so that another attempt leads there: a path on this site. */
  returnTo?: string | undefined;
  /** Seconds to wait before trying again; capped at one hour. */
  retryAfterSeconds?: number | undefined;
}

/** A faulty server or clock may ask for a wait of years. */
const maxRetryAfter = 3_600;

/** A login failed, for one of the known reasons. Its message is the reason; the wording is the host app's. */
export class LoginError extends Error {
  override readonly name = 'LoginError';
  readonly reason: LoginErrorReason;
  /** An HTTP status for the answer: Express's own error handler, and those of most frameworks, use it. */
  readonly status: number;
  returnTo: string | undefined;
  readonly retryAfterSeconds: number | undefined;

  constructor(reason: LoginErrorReason, { cause, returnTo, retryAfterSeconds }: LoginErrorDetails = {}) {
    super(reason, cause === undefined ? undefined : { cause });
    this.reason = reason;
    this.status = statuses[reason];
    this.returnTo = returnTo;
    this.retryAfterSeconds =
      retryAfterSeconds === undefined || Number.isNaN(retryAfterSeconds)
        ? undefined
        : Math.min(Math.max(retryAfterSeconds, 0), maxRetryAfter);
  }
}

const statuses: Readonly<Record<LoginErrorReason, number>> = {
  cookies_missing: 400,
  login_unknown: 400,
  login_expired: 400,
  login_loop: 400,
  access_denied: 403,
  authorization_failed: 400,
  response_rejected: 400,
  code_rejected: 400,
  client_rejected: 502,
  token_request_rejected: 502,
  token_rejected: 502,
  provider_rate_limited: 503,
  provider_unreachable: 502,
  provider_timeout: 504,
  provider_failed: 502,
  provider_invalid_response: 502,
  account_not_allowed: 403,
  role_not_allowed: 403,
  team_not_allowed: 403,
  invitation_pending: 403,
  profile_refused: 403,
  identity_mismatch: 403,
  login_required: 401,
  cross_site_request: 403,
};

/** Whether trying again later may work. Such a failure says nothing about the member and never ends a session. */
export function isTransient(error: unknown): boolean {
  return error instanceof LoginError && transientReasons.has(error.reason);
}

const transientReasons: ReadonlySet<LoginErrorReason> = new Set([
  'provider_rate_limited',
  'provider_unreachable',
  'provider_timeout',
  'provider_failed',
  'provider_invalid_response',
]);

/** Something that happened to a login, for the log. It holds no secret except those in `req`. */
export interface AuthEvent {
  readonly event:
    | 'login_succeeded'
    /** The callback ended with an error. */
    | 'login_failed'
    | 'logged_out'
    | 'tokens_refreshed'
    | 'user_verified'
    /** The authorization server, or the host app's rules, do not let the member stay. */
    | 'session_ended'
    /** The tokens could not be refreshed or the API could not be asked, but nobody refused the member. */
    | 'session_kept'
    /** A renewal failed, not for a reason of the login's: `session_kept` or `session_ended` tell those. */
    | 'renewal_failed'
    | 'revocation_failed';
  /** Why, when something went wrong. Its causes may quote the authorization server. */
  readonly error?: unknown;
  readonly user?: { readonly id: string; readonly accountId: string };
  /** The request in which it happened; undefined for background work. */
  readonly req?: Request;
}
