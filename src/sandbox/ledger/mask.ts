import { createHmac, randomBytes } from 'node:crypto';

const SECRET_NAMES = new Set([
  'access_token',
  'refresh_token',
  'id_token',
  'token',
  'code',
  'code_verifier',
  'client_secret',
  '_clientSecret',
  'cookie',
  'set-cookie',
]);
const SECRET_TEXT =
  /\b(sandbox-(secret|code|access|refresh|session)-[\w-]{20,}|api-[0-9a-f]{8}-[0-9a-f-]{27}|eyJ[\w-]{8,}\.[\w-]+\.[\w-]+)/gi;
const key = randomBytes(32);

/** Stands for a secret. The same secret has the same mask, so that one can see where it turns up again. */
export function mask(secret: string): string {
  return `[masked ${createHmac('sha256', key).update(secret).digest('hex').slice(0, 6)}]`;
}

/** Masks the value of a parameter, header or attribute when its name says that it is a secret. */
export function maskValue(name: string, value: string): string {
  return SECRET_NAMES.has(name) && value !== '' ? mask(value) : maskText(value);
}

/** Masks whatever looks like a secret of the sandbox, wherever it stands. */
export function maskText(text: string): string {
  return text.replace(SECRET_TEXT, (secret) => mask(secret));
}

/** Masks a query or form; the parameters stay readable. */
export function maskParameters(parameters: URLSearchParams): string {
  return [...parameters].map(([name, value]) => `${maskText(name)}=${maskValue(name, value)}`).join('&');
}

/** Masks JSON in depth. The `code` of an error, `{"code", "message"}`, stays readable: it says what happened. */
export function maskJson(value: unknown, name = ''): unknown {
  if (typeof value === 'string') return maskValue(name, value);
  if (Array.isArray(value)) return value.map((item) => maskJson(item, name));
  if (typeof value !== 'object' || value === null) return value;
  const isError = 'code' in value && 'message' in value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      maskJson(item, isError && key === 'code' ? 'error' : key),
    ]),
  );
}

/** Masks the credentials of an `Authorization` header; of Basic the client id stays readable. */
export function maskAuthorization(value: string): string {
  const [scheme = '', ...rest] = value.split(' ');
  const credentials = rest.join(' ');
  if (credentials === '') return mask(value);
  if (scheme.toLowerCase() !== 'basic') return `${maskText(scheme)} ${mask(credentials)}`;
  const [id = '', secret = ''] = Buffer.from(credentials, 'base64').toString('utf8').split(':');
  return `${scheme} ${maskText(id)}:${mask(secret)}`;
}
