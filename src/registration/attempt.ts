import { randomUUID } from 'node:crypto';
import * as v from 'valibot';
import type { OAuth2Client, OAuth2ClientInput } from '../launchdarkly/index.ts';

const attempt = v.object({
  /** Random, never used twice: whoever knows it made the attempt. */
  id: v.string(),
  /** Epoch milliseconds. */
  startedAt: v.number(),
  baseUri: v.string(),
  /** Whose token it was, when LaunchDarkly said so. */
  accountId: v.optional(v.string()),
  name: v.string(),
  description: v.string(),
  redirectUri: v.string(),
  /** The client that this one takes the place of, and that goes when this one is saved. */
  replaces: v.optional(v.string()),
  /** Set once id and secret are safe in the env file. */
  saved: v.optional(v.boolean()),
});

export const attemptsSchema = v.object({ attempts: v.array(attempt) });

/** One try at registering a client, from before LaunchDarkly hears of it until nothing of it is left to do. */
export type Attempt = v.InferOutput<typeof attempt>;

export function newAttempt(
  input: Required<OAuth2ClientInput>,
  where: { baseUri: string; accountId?: string | undefined; replaces?: string | undefined },
): Attempt {
  return {
    id: randomUUID(),
    startedAt: Date.now(),
    baseUri: where.baseUri,
    ...(where.accountId && { accountId: where.accountId }),
    ...input,
    ...(where.replaces && { replaces: where.replaces }),
  };
}

/**
 * The description under which a client is registered: the one that was asked for, and a mark by which LaunchDarkly's
 * list shows whose attempt it is. The mark goes once the secret is safe.
 */
export function markedDescription({ description, id }: Attempt): string {
  return `${description} ${markOf(id)}`.trim();
}

/** Whether this client came out of this attempt and still carries its mark. */
export function carriesMarkOf(client: OAuth2Client, { id }: Attempt): boolean {
  return client.description.includes(markOf(id));
}

/** Whether this client carries the mark of some attempt, ours or another machine's. */
export function looksUnfinished(client: OAuth2Client): boolean {
  return /\[unfinished registration [\w-]+\]/.test(client.description);
}

function markOf(id: string): string {
  return `[unfinished registration ${id}]`;
}
