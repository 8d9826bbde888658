import { createHash, randomBytes, randomUUID, timingSafeEqual } from 'node:crypto';

/**
 * Identifiers look like LaunchDarkly's (24 hex digits, UUIDs); secrets say that they come from the sandbox, so that
 * nobody who finds one in a file takes it for a live one.
 */
export function newSecret(kind: 'secret' | 'code' | 'access' | 'refresh' | 'session'): string {
  return `sandbox-${kind}-${randomBytes(32).toString('base64url')}`;
}

/** A secret with every character that form encoding, Basic credentials or an .env file get wrong easily. */
export function newAwkwardSecret(): string {
  return `sandbox-secret-${randomBytes(24).toString('base64url')}+/=$#%& :`;
}

/** A token in the three parts of a JWT. It says nothing, and nobody can check it: an app is not to look into it. */
export function newJwtLikeToken(): string {
  const header = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url');
  const claims = Buffer.from(JSON.stringify({ iss: 'sandbox', jti: randomUUID() })).toString('base64url');
  return `${header}.${claims}.${randomBytes(64).toString('base64url')}`;
}

/** An API access token: `api-` and a UUID, 40 characters, as LaunchDarkly's (docs: API access tokens). */
export function newApiToken(): string {
  return `api-5a4db0c5${randomUUID().slice(8)}`;
}

/** A client id, a UUID as in LaunchDarkly's OpenAPI samples. */
export function newClientId(): string {
  return randomUUID();
}

/** A fresh id of 24 hexadecimal digits. */
export function newId(): string {
  return randomBytes(12).toString('hex');
}

/** An id of 24 hexadecimal digits that is the same on every start: what `parts` name keeps its id. */
export function stableId(...parts: string[]): string {
  return createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 24);
}

/** A UUID that is the same on every start: a client id made of what `parts` name. */
export function stableUuid(...parts: string[]): string {
  const hex = createHash('sha256').update(parts.join('\n')).digest('hex');
  return hex.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, '$1-$2-4$3-8$4-$5');
}

/** SHA-256 in base64url: what is kept instead of a secret, and the S256 transformation of RFC 7636, section 4.2. */
export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** Whether `secret` is the one that was hashed, compared in constant time. */
export function matchesHash(secret: string, hash: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(secret)), Buffer.from(hash));
}
