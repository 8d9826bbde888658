/** Why a registration, or another change of a client, did not happen. */
export type RegistrationReason =
  /** The API access token is missing or is another kind of key. */
  | 'wrong_token'
  /** The env file names a client, but not its secret, and LaunchDarkly shows a secret only once. */
  | 'secret_missing'
  /** LaunchDarkly does not know the client that the env file names. */
  | 'client_missing'
  /** The env file names no client. */
  | 'not_registered'
  /** The person said no, or nobody could be asked. */
  | 'declined'
  /** The request left, but whether it did something is unknown. */
  | 'outcome_unknown'
  /** LaunchDarkly registered a client and did not show its secret. */
  | 'no_secret'
  /** LaunchDarkly answered with an id, a secret or a redirect URI that the app would refuse. */
  | 'unusable_answer'
  /** The client was registered, its secret could not be kept, and the client was taken back. */
  | 'not_saved'
  /** Another run holds the env file. */
  | 'busy'
  /** The client is the one in use. */
  | 'in_use'
  /** The journal beside the env file cannot be read. */
  | 'journal_damaged';

/** Says what happened, why it may have, and what to do. Never holds a secret or a token. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  readonly reason: RegistrationReason;

  constructor(reason: RegistrationReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.reason = reason;
  }
}
