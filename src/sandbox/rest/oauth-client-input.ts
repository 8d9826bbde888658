import type { SandboxStore } from '../store.ts';
import { redirectUriProblem } from './redirect-uri-rule.ts';
import type { AttributeError } from './rest-error.ts';
import { invalidRequestBody, validationFailed } from './rest-error.ts';

/** What may be set on an OAuth2 client. */
export interface OAuthClientInput {
  name: string;
  redirectUri: string;
  description?: string;
}

/** Checks what a client is to become. Unknown attributes are ignored. Throws `RestError` 400 naming each bad one. */
export function checkOAuthClientInput(store: SandboxStore, input: unknown): OAuthClientInput {
  if (typeof input !== 'object' || input === null || Array.isArray(input)) throw invalidRequestBody();
  const { name, redirectUri, description }: Partial<Record<string, unknown>> = { ...input };
  const errors: AttributeError[] = [];
  const nameIsText = typeof name === 'string' && name.trim() !== '';
  if (!nameIsText) errors.push({ attribute: 'name', reason: 'is required' });
  const problem = redirectUriProblem(store.switches, redirectUri);
  if (problem) errors.push({ attribute: 'redirectUri', reason: problem });
  const descriptionIsText = typeof description === 'string';
  if (!descriptionIsText && description !== undefined && description !== null) {
    errors.push({ attribute: 'description', reason: 'must be a string' });
  }
  if (!nameIsText || typeof redirectUri !== 'string' || errors.length > 0) throw validationFailed(errors);
  return { name, redirectUri, ...(descriptionIsText ? { description } : {}) };
}
