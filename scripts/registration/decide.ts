import type { OAuth2Client } from '../../src/launchdarkly/index.ts';
import type { SavedClient } from './saved-client.ts';

/** What the client should be. Only given fields are compared with the existing client. */
export interface AskedClient {
  readonly redirectUri: string;
  readonly name?: string | undefined;
  readonly description?: string | undefined;
}

/** A change of some fields; undefined ones stay. */
export type PartlyAsked = { readonly [Field in keyof AskedClient]?: string | undefined };

/** One field of a client that differs from what was requested. */
export interface Change {
  readonly field: 'name' | 'description' | 'redirectUri';
  readonly from: string;
  readonly to: string;
}

/** What a registration has to do. */
export type Decision =
  | { readonly action: 'register' }
  /** The env file holds a secret without a client id; a registration overwrites it. */
  | { readonly action: 'register_over_secret' }
  /** The env file names a client that LaunchDarkly does not know. */
  | { readonly action: 'register_anew'; readonly clientId: string }
  | { readonly action: 'rotate'; readonly existing: OAuth2Client }
  /** There is a client, and its secret is lost. */
  | { readonly action: 'explain_missing_secret'; readonly existing: OAuth2Client }
  | { readonly action: 'update'; readonly existing: OAuth2Client; readonly changes: readonly Change[] }
  | { readonly action: 'none'; readonly existing: OAuth2Client };

/** Decides what to do, from the env file and the client at LaunchDarkly. */
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

/** The fields in which a client differs from what was requested. */
export function changesBetween(existing: OAuth2Client, asked: PartlyAsked): Change[] {
  const fields = ['name', 'description', 'redirectUri'] as const;
  return fields.flatMap((field) => {
    const to = asked[field];
    return to === undefined || to === existing[field] ? [] : [{ field, from: existing[field], to }];
  });
}

/** The changes in the form that LaunchDarkly's API accepts. */
export function changedFields(changes: readonly Change[]): Partial<Record<Change['field'], string>> {
  return Object.fromEntries(changes.map(({ field, to }) => [field, to]));
}
