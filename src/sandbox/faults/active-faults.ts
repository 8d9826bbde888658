import { SandboxError } from '../sandbox-error.ts';
import type { Endpoint } from './endpoints.ts';
import type { Fault } from './fault-menu.ts';
import { FAULT_KINDS, faultProblem } from './fault-menu.ts';

/** Switches these faults on and all others off. Throws `SandboxError`, changing nothing, when one is impossible. */
export function setFaults(active: Fault[], faults: readonly unknown[]): void {
  const checked = faults.map(checkFault);
  active.splice(0, active.length, ...checked);
}

/** Switches one more fault on, to be looked at before those that are on already. Throws `SandboxError`. */
export function addFault(active: Fault[], fault: unknown): void {
  active.unshift(checkFault(fault));
}

/** Takes the first fault that concerns this request, and counts it down. */
export function takeFault(active: Fault[], endpoint: Endpoint, method: string): Fault | undefined {
  const fault = active.find((fault) => concerns(fault, endpoint, method));
  if (fault?.times !== undefined) {
    fault.times -= 1;
    if (fault.times === 0) active.splice(active.indexOf(fault), 1);
  }
  return fault;
}

function concerns(fault: Fault, endpoint: Endpoint, method: string): boolean {
  const here = fault.endpoint === '*' || fault.endpoint === endpoint;
  const possible = FAULT_KINDS[fault.fault].endpoints.includes(endpoint);
  return here && possible && (fault.method === undefined || fault.method.toUpperCase() === method);
}

function checkFault(value: unknown): Fault {
  const fault: Partial<Fault> = Object(value);
  const { endpoint, fault: name, times, method, delayMs } = fault;
  const problem = faultProblem({ endpoint, fault: name, times, method, delayMs });
  if (problem || endpoint === undefined || name === undefined)
    throw new SandboxError(problem ?? 'Name a fault.');
  return {
    endpoint,
    fault: name,
    ...(times === undefined ? {} : { times }),
    ...(method === undefined ? {} : { method }),
    ...(delayMs === undefined ? {} : { delayMs }),
  };
}
