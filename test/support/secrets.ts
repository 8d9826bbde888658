import { inspect } from 'node:util';

/** Everything that printing or logging a value could show: all of its causes, fields hidden from JSON, stacks. */
export function everythingIn(value: unknown): string {
  const shown = [inspect(value, { depth: 20, showHidden: true, getters: true, maxStringLength: null })];
  const seen = new Set<unknown>();
  for (let at = value; typeof at === 'object' && at !== null && !seen.has(at); ) {
    seen.add(at);
    const { message, stack, cause } = at as { message?: unknown; stack?: unknown; cause?: unknown };
    shown.push(String(at), String(message), String(stack), json(at));
    at = cause;
  }
  return shown.join('\n');
}

function json(value: unknown): string {
  try {
    return JSON.stringify(value);
  } catch {
    return '';
  }
}
