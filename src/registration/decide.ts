import type { OAuth2Client } from '../launchdarkly/index.ts';
import type { SavedClient } from './saved-client.ts';

/** What the client should be. Only what is given is compared with what is there. */
export interface AskedClient {
  readonly redirectUri: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

/** A change of some fields; what is undefined stays. */
export type PartlyAsked = { readonly [Field in keyof AskedClient]?: string | undefined };

/** One field of a client that differs from what is asked. */
export interface Change {
  readonly field: 'name' | 'description' | 'redirectUri';
  readonly from: string;
  readonly to: string;
}

/** What a registration has to do. */
export type Decision =
  | { readonly action: 'register' }
  /** There is a secret whose client nobody can name; a registration overwrites it. */
  | { readonly action: 'register_over_secret' }
  /** The env file names a client that LaunchDarkly does not know. */
  | { readonly action: 'register_anew'; readonly clientId: string }
  | { readonly action: 'rotate'; readonly existing: OAuth2Client }
  /** There is a client, and its secret is lost. */
  | { readonly action: 'explain_missing_secret'; readonly existing: OAuth2Client }
  | { readonly action: 'update'; readonly existing: OAuth2Client; readonly changes: readonly Change[] }
  | { readonly action: 'none'; readonly existing: OAuth2Client };

/** Decides from what the env file and LaunchDarkly say. */
export function decide(
  saved: Pick<SavedClient, 'clientId' | 'clientSecret'>,
  existing: OAuth2Client | undefined,
  { rotate, ...asked }: AskedClient & { readonly rotate: boolean },
): Decision {
  if (!saved.clientId) return { action: saved.clientSecret ? 'register_over_secret' : 'register' };
  if (!existing) return { action: 'register_anew', clientId: saved.clientId };
  if (rotate) return { action: 'rotate', existing };
  if (!saved.clientSecret) return { action: 'explain_missing_secret', existing };
  const changes = changesBetween(existing, asked);
  return changes.length > 0 ? { action: 'update', existing, changes } : { action: 'none', existing };
}

/** The fields in which a client differs from what is asked. */
export function changesBetween(existing: OAuth2Client, asked: PartlyAsked): Change[] {
  const fields = ['name', 'description', 'redirectUri'] as const;
  return fields.flatMap((field) => {
    const to = asked[field];
    return to === undefined || to === existing[field] ? [] : [{ field, from: existing[field], to }];
  });
}

/** The same as LaunchDarkly's API takes them. */
export function changedFields(changes: readonly Change[]): Partial<Record<Change['field'], string>> {
  return Object.fromEntries(changes.map(({ field, to }) => [field, to]));
}
