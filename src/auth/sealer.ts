// log-in-with-launchdarkly 0.1.0, MIT License
import { createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';

/** Encrypts text so that only this app can read it, and notices any change (AES-256-GCM). */
export interface Sealer {
  /** @param context what the text belongs to, e.g. a login's id; opening it needs the same. */
  seal(text: string, context: string): string;
  /** The text; undefined when it was altered, belongs elsewhere, or was sealed with a secret unknown here. */
  open(sealed: string, context: string): string | undefined;
}

/**
 * @param secrets newest first: the first seals, every one opens, so a secret can be replaced without logging anybody out.
 * @param purpose keeps what is sealed for one use from being opened for another; part of the key (HKDF, RFC 5869).
 */
export function createSealer(secrets: readonly string[], purpose: string): Sealer {
  const keys = secrets.map((secret) => Buffer.from(hkdfSync('sha256', secret, '', purpose, 32)));
  const [newest = Buffer.alloc(0)] = keys;
  return {
    seal(text, context) {
      const iv = randomBytes(ivLength);
      const cipher = createCipheriv('aes-256-gcm', newest, iv).setAAD(Buffer.from(context));
      const body = [cipher.update(text, 'utf8'), cipher.final()];
      return Buffer.concat([iv, cipher.getAuthTag(), ...body]).toString('base64url');
    },
    open(sealed, context) {
      const bytes = Buffer.from(sealed, 'base64url');
      if (bytes.length < ivLength + tagLength) return undefined;
      for (const key of keys) {
        const text = openWith(key, bytes, context);
        if (text !== undefined) return text;
      }
      return undefined;
    },
  };
}

/** The sealer of the tokens that sessions keep. */
export function createTokenSealer(secrets: readonly string[]): Sealer {
  return createSealer(secrets, 'tokens');
}

const ivLength = 12;
const tagLength = 16;

function openWith(key: Buffer, bytes: Buffer, context: string): string | undefined {
  const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, ivLength), {
    authTagLength: tagLength,
  })
    .setAAD(Buffer.from(context))
    .setAuthTag(bytes.subarray(ivLength, ivLength + tagLength));
  try {
    const text = decipher.update(bytes.subarray(ivLength + tagLength), undefined, 'utf8');
    return text + decipher.final('utf8');
  } catch {
    return undefined;
  }
}
