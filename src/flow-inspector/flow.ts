import type { LoginOperation } from '../launchdarkly/index.ts';

/** The parties of a login. */
export type Actor = 'browser' | 'app' | 'launchdarkly';

/** What a message is for. `page` is a request of the browser that made the app refresh or verify the login. */
export type MessageKind =
  | 'login'
  | 'authorize'
  | 'callback'
  | 'page'
  | 'logout'
  | 'token'
  | 'refresh'
  | 'revoke'
  | 'other'
  | LoginOperation;

/** One name and value of a message. A secret's value is its mask, never the secret. */
export interface Field {
  readonly name: string;
  readonly value: string;
  readonly secret: boolean;
  /** What the cookie in it is for, by the first part of its name; `other` is a cookie of another app. */
  readonly cookie?: CookieUse | undefined;
}

/** The cookies of this app. */
export const cookieUses = ['session', 'login', 'logins', 'flow', 'tutorial', 'redirects'] as const;
export type CookieUse = (typeof cookieUses)[number] | 'other';

/** One request of a login and its answer, with every secret masked. */
export interface FlowMessage {
  readonly kind: MessageKind;
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

/** One attempt to log in, one logout, or one request that made the app refresh or verify a login. */
export interface Flow {
  /** A later flow has a higher one. */
  readonly id: number;
  readonly kind: 'login' | 'logout' | 'page';
  /** SHA-256 of a login's `state`, by which the callback finds it; empty until the state is known. */
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

/** Whether this app had already answered the browser when a call ended: nobody waited for it. */
export function isBackground({ messages }: Flow, call: FlowMessage): boolean {
  const request = messages
    .slice(0, messages.indexOf(call))
    .findLast(({ from, derived }) => from === 'browser' && !derived);
  return call.from === 'app' && request?.durationMs !== undefined && endOf(call) > endOf(request);
}

function endOf({ startedAt, durationMs = 0 }: FlowMessage): number {
  return startedAt + durationMs;
}

/** Whether LaunchDarkly refused a call, or did not answer it. */
export function isRefused({ from, error, answer }: FlowMessage): boolean {
  return from === 'app' && (error !== undefined || (answer?.status ?? 0) >= 400);
}
