import type { Request } from 'express';

/** Something that happened to a login, worth a line in the log. It holds no secret but what came with `req`. */
export interface AuthEvent {
  readonly event:
    | 'login_succeeded'
    | 'logged_out'
    | 'tokens_refreshed'
    | 'user_verified'
    /** The authorization server, or the policy of the host app, says that the person may not stay. */
    | 'session_ended'
    /** Tokens could not be refreshed or the API could not be asked, and nobody refused the member. */
    | 'session_kept'
    | 'revocation_failed';
  /** Why, when something went wrong. Its causes may quote the authorization server. */
  readonly error?: unknown;
  readonly user?: { readonly id: string; readonly accountId: string };
  /** The request that it happened in; undefined for background work. */
  readonly req?: Request;
}
