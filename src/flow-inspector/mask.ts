import { createHmac, randomBytes } from 'node:crypto';
import type { Field } from './flow.ts';

const fingerprintKey = randomBytes(32);

/**
 * `abc…(43)·5e0d91`: the first characters of a long secret, its length, and a fingerprint. Equal secrets have equal
 * fingerprints and different ones different. The key is new in every process, so nobody can check a guess.
 */
export function mask(secret: string): string {
  const start = secret.length >= 16 ? secret.slice(0, 3) : '';
  const fingerprint = createHmac('sha256', fingerprintKey).update(secret).digest('hex').slice(0, 6);
  return `${start}…(${secret.length})·${fingerprint}`;
}

const secretNames = new Set([
  'access_token',
  'authorization',
  'client_assertion',
  'client_secret',
  'code',
  'code_verifier',
  'cookie',
  'id_token',
  'password',
  'refresh_token',
  'set-cookie',
  'state',
  'token',
]);

/** Masks the secrets of one exchange. A secret found under one name is masked everywhere else, too. */
export class Masker {
  readonly #found = new Set<string>();

  /** A parameter or header, with its value masked if it is secret, and cut if it is long. */
  field(name: string, value: string): Field {
    const secret = secretNames.has(name.toLowerCase());
    const shown = secret ? this.#masked(name, value) : this.text(value);
    return { name: cut(name, 100), value: cut(shown, 500), secret };
  }

  /** The text with all secrets seen so far masked. */
  text(text: string): string {
    let clean = text;
    for (const secret of this.#found) {
      clean = clean.replaceAll(secret, mask(secret)).replaceAll(encodeURIComponent(secret), mask(secret));
    }
    return clean;
  }

  /** A JSON value with the secrets masked at every depth. */
  json(value: unknown, name = ''): unknown {
    if (secretNames.has(name.toLowerCase()) && typeof value === 'string') return this.#hide(value);
    if (typeof value === 'string') return this.text(value);
    if (Array.isArray(value)) return value.map((item) => this.json(item, name));
    if (typeof value !== 'object' || value === null) return value;
    // The `code` of an error, {"code", "message"}, is not a secret.
    const isError = 'code' in value && 'message' in value;
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [key, this.json(item, isError && key === 'code' ? '' : key)]),
    );
  }

  #masked(name: string, value: string): string {
    const key = name.toLowerCase();
    if (key === 'cookie') return value.split('; ').map(this.#cookie).join('; ');
    if (key === 'set-cookie') return this.#setCookie(value);
    return key === 'authorization' ? this.#authorization(value) : this.#hide(value);
  }

  #hide(secret: string): string {
    if (secret.length >= 6) this.#found.add(secret);
    return mask(secret);
  }

  #authorization(value: string): string {
    const [scheme = '', credentials] = value.split(' ', 2);
    return credentials === undefined ? this.#hide(scheme) : `${scheme} ${this.#hide(credentials)}`;
  }

  /** A cookie's name may end in a dot and the start of a one-time value; a single character is no such value. */
  #cookie = (pair: string): string => {
    const [name = '', ...value] = pair.split('=');
    const dot = name.lastIndexOf('.');
    const shownName = dot > 0 && name.length > dot + 2 ? `${name.slice(0, dot)}.${mask(name.slice(dot + 1))}` : name;
    return `${shownName}=${this.#hide(value.join('='))}`;
  };

  #setCookie(value: string): string {
    const [pair = '', ...attributes] = value.split(';');
    return [this.#cookie(pair), ...attributes].join(';');
  }
}

/** At most `length` characters, and a sign if something was cut. */
export function cut(text: string, length: number): string {
  return text.length > length ? `${text.slice(0, length)}… (cut)` : text;
}
