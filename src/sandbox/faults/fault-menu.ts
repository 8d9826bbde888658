import type { Endpoint } from './endpoints.ts';
import type { FaultKind } from './fault-kind.ts';
import { networkFaults } from './network-faults.ts';
import { oauthFaults } from './oauth-faults.ts';
import { restFaults } from './rest-faults.ts';

const faultKinds = { ...networkFaults, ...oauthFaults, ...restFaults };

/** The name of an entry of the failure menu. */
export type FaultName = keyof typeof faultKinds;

/** The failure menu: everything that can be switched on, by name. */
export const FAULT_KINDS: Readonly<Record<FaultName, FaultKind>> = faultKinds;
/** Every name of the failure menu, in its order. */
export const FAULT_NAMES = Object.keys(FAULT_KINDS) as FaultName[];

/** A fault to switch on. */
export interface Fault {
  /** `*` for every endpoint that can have it. */
  endpoint: Endpoint | '*';
  fault: FaultName;
  /** For how many requests; until reset when left out. */
  times?: number;
  /** Only requests with this method. */
  method?: string;
  /** Milliseconds to wait before it happens; 3000 for `slow`, otherwise none. */
  delayMs?: number;
}

/** What is wrong with a requested fault, as a sentence; `undefined` when it can be switched on. */
export function faultProblem({
  endpoint,
  fault,
  times,
  method,
  delayMs,
}: Record<keyof Fault, unknown>): string | undefined {
  const kind = FAULT_NAMES.find((name) => name === fault);
  if (!kind) return `There is no fault "${fault}". There are: ${FAULT_NAMES.join(', ')}.`;
  const { endpoints } = FAULT_KINDS[kind];
  if (endpoint !== '*' && !endpoints.some((name) => name === endpoint)) {
    return `"${kind}" cannot be switched on at "${endpoint}", only at: ${endpoints.join(', ')}, or * for all of them.`;
  }
  if (times !== undefined && !isWhole(times, 1, 1_000_000))
    return 'times is a whole number from 1, or left out.';
  if (method !== undefined && typeof method !== 'string')
    return 'method is the name of an HTTP method, or left out.';
  if (delayMs !== undefined && !isWhole(delayMs, 0, 600_000))
    return 'delayMs is a whole number up to 600000.';
  return undefined;
}

/** The faults that can be switched on at an endpoint. */
export function faultsFor(endpoint: Endpoint): FaultName[] {
  return FAULT_NAMES.filter((name) => FAULT_KINDS[name].endpoints.includes(endpoint));
}

function isWhole(value: unknown, from: number, to: number): boolean {
  return Number.isInteger(value) && Number(value) >= from && Number(value) <= to;
}
