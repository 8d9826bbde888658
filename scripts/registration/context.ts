import type { LaunchDarkly } from '../../src/launchdarkly/index.ts';

/** Asked before something that cannot be undone, or that was not explicitly requested. */
export interface Question {
  readonly kind: 'register_anew' | 'register_over_secret' | 'rotate' | 'delete';
  /** What will happen if the answer is yes, as a question. */
  readonly text: string;
}

/** What every step of a client's life needs. */
export interface RegistrationContext {
  readonly launchDarkly: LaunchDarkly;
  /** An API access token with the Admin role. */
  readonly apiToken: string;
  /** Origin of the LaunchDarkly instance, without a trailing slash. */
  readonly baseUri: string;
  /** Path of the env file that the client is saved in. */
  readonly envFile: string;
  /** Asks the user; false leaves everything as it is. */
  confirm(question: Question): Promise<boolean>;
  /**
   * Runs a task that should not be interrupted: a signal to stop waits for it, where the program can arrange that.
   * Otherwise nothing is lost either; the next run only has more to clean up.
   */
  uninterrupted?<T>(task: () => Promise<T>): Promise<T>;
  /** Shows the user a notice: one or two sentences, no secrets. */
  tell(notice: string): void;
}

/** Why a registration, or another change of a client, did not happen. */
export type RegistrationReason =
  /** The API access token is missing or is another kind of key. */
  | 'wrong_token'
  /** The env file names a client, but not its secret, and LaunchDarkly shows a secret only once. */
  | 'secret_missing'
  /** The env file names no client. */
  | 'not_registered'
  /** The user said no, or could not be asked. */
  | 'declined'
  /** The request was sent, but its outcome is unknown. */
  | 'outcome_unknown'
  /** LaunchDarkly registered a client and did not show its secret. */
  | 'no_secret'
  /** LaunchDarkly returned an id, a secret or a redirect URI that the app would refuse. */
  | 'unusable_answer'
  /** The client was registered, its secret could not be saved, and the client was deleted again. */
  | 'not_saved'
  /** Another run is working on the env file. */
  | 'busy'
  /** The client is the one in use. */
  | 'in_use'
  /** The journal next to the env file cannot be read. */
  | 'journal_damaged';

/** Says what happened, why, and what to do. Never holds a secret or a token. */
export class RegistrationError extends Error {
  override readonly name = 'RegistrationError';
  readonly reason: RegistrationReason;

  constructor(reason: RegistrationReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.reason = reason;
  }
}

/**
 * Throws `RegistrationError` (`wrong_token`) for a key that is certainly not an API access token, before it is sent
 * anywhere. LaunchDarkly has several kinds of keys: https://launchdarkly.com/docs/home/account/api
 */
export function checkApiToken(token: string): void {
  const [, kind] = otherKeys.find(([pattern]) => pattern.test(token)) ?? [];
  if (!kind) return;
  throw new RegistrationError(
    'wrong_token',
    `LD_ACCESS_TOKEN holds ${kind}, not an API access token. Create one in LaunchDarkly: Organization settings, ` +
      'Authorization, Create token, with the Admin role. It begins with "api-".',
  );
}

const otherKeys: readonly (readonly [RegExp, string])[] = [
  [/^sdk-/, 'an SDK key ("sdk-…")'],
  [/^mob-/, 'a mobile key ("mob-…")'],
  [/^rel-/, 'a Relay Proxy key ("rel-…")'],
  [/^[0-9a-f]{24}$/i, 'a client-side id (24 hexadecimal digits)'],
  [/^bearer\s/i, 'the word "Bearer" before the token'],
  [/[^\x21-\x7e]|^$/, 'spaces or characters that no token has'],
];
