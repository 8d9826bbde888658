import { sha256 } from '../secrets.ts';
import { OAuthError } from './oauth-error.ts';

/** RFC 7636, section 4.1: 43 to 128 unreserved characters. */
const VERIFIER = /^[A-Za-z0-9._~-]{43,128}$/;
const S256_CHALLENGE = /^[A-Za-z0-9_-]{43}$/;

/** Reads the challenge of an authorization request. Throws `OAuthError` for anything but S256. */
export function readChallenge(
  challenge: string | null,
  method: string | null,
  required: boolean,
): string | undefined {
  if (challenge === null && method === null && !required) return undefined;
  if (challenge === null) throw new OAuthError('invalid_request', 'code_challenge is missing.');
  if (method !== 'S256') {
    throw new OAuthError(
      'invalid_request',
      'code_challenge_method must be S256; plain, its default, is refused.',
    );
  }
  if (!S256_CHALLENGE.test(challenge)) {
    throw new OAuthError(
      'invalid_request',
      'code_challenge must be a SHA-256 digest in base64url, 43 characters.',
    );
  }
  return challenge;
}

/** Checks the verifier of a token request against the challenge that came with the code. Throws `OAuthError`. */
export function checkVerifier(verifier: string | null, challenge: string | undefined): void {
  if (challenge === undefined && verifier === null) return;
  if (challenge === undefined) {
    throw new OAuthError(
      'invalid_grant',
      'code_verifier sent, but the authorization request had no code_challenge.',
    );
  }
  if (verifier === null) throw new OAuthError('invalid_grant', 'code_verifier is missing.');
  if (!VERIFIER.test(verifier) || sha256(verifier) !== challenge) {
    throw new OAuthError('invalid_grant', 'code_verifier does not fit the code_challenge.');
  }
}
