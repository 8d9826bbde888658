/** The parties of a login. */
export type Actor = 'browser' | 'app' | 'launchdarkly';

/** One name and value of a message. A secret's value is its mask, never the secret. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
}

/** One request of a login and its answer, with every secret masked. */
export interface FlowMessage {
  readonly from: Actor;
  readonly to: Actor;
  readonly method: string;
  /** Scheme, host and path. */
  readonly address: string;
  readonly query: readonly Field[];
  readonly headers: readonly Field[];
  /** The fields of a form body. */
  readonly form: readonly Field[];
  answer?: FlowResponse;
  /** Why there was no answer: a code such as `ECONNREFUSED`. */
  error?: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  durationMs?: number;
  /** This app did not see it, but derived it from the messages before and after it. */
  readonly derived?: boolean;
}

export interface FlowResponse {
  readonly status?: number;
  readonly headers: readonly Field[];
  /** The target of a redirect, without its query. */
  readonly location?: string | undefined;
  /** The query of a redirect's target. */
  readonly locationQuery: readonly Field[];
  /** The top-level fields of a JSON object. */
  readonly fields: readonly Field[];
  /** The body as text, indented when it is JSON, cut when it is long. */
  readonly body?: string | undefined;
}

/** One attempt to log in. */
export interface Flow {
  /** SHA-256 of its `state`, by which the callback finds it; empty until the state is known. */
  key: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly messages: FlowMessage[];
  /** How it failed, and at which message (its index). */
  failure?: { readonly at: number; readonly code: string; readonly title: string; readonly message: string };
}

/** A call to LaunchDarkly as the HTTP client's `observe` reports it. Secrets are not masked. */
export interface Exchange {
  readonly request: { method: string; url: string; headers: Record<string, string>; body?: string };
  readonly response?: { status: number; headers: WireHeaders; body: string };
  readonly error?: unknown;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly durationMs: number;
}

/** Headers by name; one may have several values. */
export type WireHeaders = Readonly<Record<string, string | readonly string[] | number | undefined>>;
