import type { LaunchDarkly } from '../launchdarkly/index.ts';

/** Something that cannot be undone, or that nobody asked for in so many words. */
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
  /** Path of the env file that keeps the client. */
  readonly envFile: string;
  /** Answers a question for the person; false leaves everything as it is. */
  confirm(question: Question): Promise<boolean>;
  /**
   * Runs what should not be cut short, when the program can help it: a signal to stop waits for it. Nothing is lost
   * where it cannot; the next run only has more to tidy up.
   */
  uninterrupted?<T>(task: () => Promise<T>): Promise<T>;
  /** Tells the person something worth knowing while it happens: one sentence or two, no secrets. */
  tell(notice: string): void;
}
