import type { Switches } from '../switches.ts';
import type { Endpoint } from './endpoints.ts';

/** One entry of the failure menu. */
export interface FaultKind {
  /** What happens, as a line of the menu. */
  title: string;
  /** Where it can be switched on. */
  endpoints: readonly Endpoint[];
  effect: Effect;
}

/** What a fault does to a request. */
export type Effect =
  /** The endpoint does not run; this is the answer instead. `now` is the sandbox's time in epoch milliseconds. */
  | { type: 'answer'; answer: (now: number) => CannedAnswer }
  /** The endpoint runs as if the sandbox were set like this. */
  | { type: 'switches'; switches: Partial<Switches> }
  /** The endpoint runs, but its JSON is changed on the way out (2xx answers only). */
  | { type: 'reshape'; reshape: (body: Record<string, unknown>) => unknown }
  /** The endpoint runs, but the parameters of its redirect to the app are changed. */
  | { type: 'alterReturn'; alter: (parameters: URLSearchParams) => void }
  /** The connection is cut: before anything happened, or when all is done but before the answer. */
  | { type: 'cut'; when: 'before' | 'after' }
  /** No answer ever comes. */
  | { type: 'silence' }
  /** Nothing but the delay. */
  | { type: 'delay' };

/** An answer that is always the same. An object as body is sent as JSON. */
export interface CannedAnswer {
  status: number;
  headers?: Record<string, string>;
  body: string | object;
}

/** Makes the entry of an effect that answers instead of the endpoint. */
export function answering(
  title: string,
  endpoints: readonly Endpoint[],
  status: number,
  body: string | object,
  headers?: (now: number) => Record<string, string>,
): FaultKind {
  const answer = (now: number) => ({ status, body, ...(headers && { headers: headers(now) }) });
  return { title, endpoints, effect: { type: 'answer', answer } };
}
