import type { OAuthClientInput } from './oauth-client-input.ts';
import { invalidRequestBody, patchFailed, validationFailed } from './rest-error.ts';

const EDITABLE = ['name', 'redirectUri', 'description'] as const;
type Editable = (typeof EDITABLE)[number];

/**
 * Applies a JSON Patch (RFC 6902) to the three attributes that may change, by `replace`, and `remove` for the
 * description. The body is the array itself or `{"comment", "patch"}`. The result is unchecked. Throws `RestError` 400 for
 * anything else, 422 for removing what is not there.
 */
export function applyPatch(attributes: OAuthClientInput, body: unknown): Partial<Record<Editable, unknown>> {
  const result: Partial<Record<Editable, unknown>> = { ...attributes };
  for (const operation of operationsOf(body)) {
    const attribute = editableAttribute(operation.path);
    if (operation.op === 'remove') remove(result, attribute);
    else if (operation.op === 'replace' && 'value' in operation) result[attribute] = operation.value;
    else throw validationFailed([{ attribute, reason: 'can only be changed by op "replace" with a value' }]);
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

function editableAttribute(path: unknown): Editable {
  const attribute = EDITABLE.find((name) => path === `/${name}`);
  if (attribute) return attribute;
  throw validationFailed([{ attribute: String(path), reason: 'cannot be edited' }]);
}

function remove(result: Partial<Record<Editable, unknown>>, attribute: Editable): void {
  if (attribute !== 'description') throw validationFailed([{ attribute, reason: 'cannot be removed' }]);
  if (result.description === undefined) throw patchFailed();
  delete result.description;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
