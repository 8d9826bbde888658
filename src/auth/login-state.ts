import { hash, randomBytes } from 'node:crypto';
import type { Sealer } from './sealer.ts';

/** What the `state` of one attempt to log in says to this app, and to nobody else. */
export interface LoginState {
  /** A path on this site. */
  readonly returnTo: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** How often this attempt had to begin again because its browser had forgotten it. */
  readonly restarts: number;
}

/**
 * Writes and reads `state` (RFC 6749, section 4.1.1). It carries where the person was going, because nothing else comes
 * back for a login that the browser has forgotten: cookies for forty tabs would not fit into a request.
 */
export interface LoginStates {
  /** 256 random bits and the sealed content: some 100 characters, and 4 more for every 3 of `returnTo`. */
  create(content: LoginState): string;
  /** Undefined when this app did not write it. Proves nothing about the browser it comes from. */
  read(state: unknown): LoginState | undefined;
}

/** Identifies the attempt that `state` belongs to, in 43 characters (SHA-256, base64url), however long `state` is. */
export function loginIdOf(state: string): string {
  return hash('sha256', state, 'base64url');
}

/** @param sealer for this use only: what is sealed for another must not be taken for a `state`. */
export function createLoginStates(sealer: Sealer): LoginStates {
  return {
    create({ returnTo, startedAt, restarts }) {
      const random = randomBytes(32).toString('base64url');
      return `${random}.${sealer.seal(JSON.stringify([returnTo, startedAt, restarts]), random)}`;
    },
    read(state) {
      if (typeof state !== 'string') return undefined;
      const [random = '', sealed = ''] = state.split('.');
      const content = sealer.open(sealed, random);
      if (content === undefined) return undefined;
      const [returnTo, startedAt, restarts] = JSON.parse(content) as [string, number, number];
      return { returnTo, startedAt, restarts };
    },
  };
}
