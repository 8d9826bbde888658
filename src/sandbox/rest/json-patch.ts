import { isDeepStrictEqual } from 'node:util';
import type { OAuthClientInput } from './oauth-client-input.ts';
import { invalidRequestBody, patchFailed, validationFailed } from './rest-error.ts';

const EDITABLE = ['name', 'redirectUri', 'description'] as const;
type Editable = (typeof EDITABLE)[number];

/**
 * Applies a JSON Patch (RFC 6902) to the three attributes that may change, by `replace`, and `remove` for the
 * description. `test` compares with any attribute of `shown`, the client as the API shows it. The body is the array itself
 * or `{"comment", "patch"}`. The result is unchecked. Throws `RestError` 422 when a `test` does not hold, 400 for anything
 * else.
 */
export function applyPatch(
  attributes: OAuthClientInput,
  shown: object,
  body: unknown,
): Partial<Record<Editable, unknown>> {
  const result: Partial<Record<Editable, unknown>> = { ...attributes };
  for (const operation of operationsOf(body)) {
    if (operation.op === 'test') test({ ...shown, ...result }, operation);
    else apply(result, operation);
  }
  return result;
}

interface Operation {
  op?: unknown;
  path?: unknown;
  value?: unknown;
}

function operationsOf(body: unknown): Operation[] {
  const patch = isObject(body) && 'patch' in body ? body.patch : body;
  if (!Array.isArray(patch) || !patch.every(isObject)) throw invalidRequestBody();
  return patch;
}

function test(shown: object, operation: Operation): void {
  const found = Object.entries(shown).find(([name]) => operation.path === `/${name}`);
  const known = found !== undefined || EDITABLE.some((name) => operation.path === `/${name}`);
  if (!known || !('value' in operation)) throw refusal(operation, 'cannot be tested, or no value was given');
  if (!isDeepStrictEqual(found?.[1], operation.value)) throw patchFailed();
}

function apply(result: Partial<Record<Editable, unknown>>, operation: Operation): void {
  const attribute = EDITABLE.find((name) => operation.path === `/${name}`);
  if (!attribute) throw refusal(operation, 'cannot be edited');
  if (operation.op === 'replace' && 'value' in operation) result[attribute] = operation.value;
  else if (operation.op !== 'remove') {
    throw refusal(operation, 'can only be changed by op "replace" with a value');
  } else if (attribute !== 'description') throw refusal(operation, 'cannot be removed');
  // RFC 6902, section 4.2: what is removed must be there.
  else if (result.description === undefined) throw refusal(operation, 'is not there to be removed');
  else delete result.description;
}

function refusal({ path }: Operation, reason: string) {
  return validationFailed([{ attribute: String(path).replace(/^\//, ''), reason }]);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
