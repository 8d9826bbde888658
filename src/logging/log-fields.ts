import { cleanText } from '../launchdarkly/clean-text.ts';

/**
 * What may stand in the log. Redaction by construction: a field that is not listed here is left out whatever it holds,
 * errors are cut down to names, codes and messages, and every text loses the query strings of its URLs.
 */

/** The fields of a log line besides level, time and message. `error` is described, all others are plain values. */
const ALLOWED_FIELDS = new Set([
  'event', // what happened, in words_like_this
  'code', // the stable code that the failure page shows as well
  'reason',
  'requestId',
  'method',
  'path',
  'status',
  'durationMs',
  'aborted',
  'operation', // which call to LaunchDarkly
  'attempt',
  'retryAfterMs',
  'accountId',
  'memberId',
  'role',
  'clientId',
  'url', // an origin and a path
  'host',
  'port',
  'address',
  'signal',
  'exitCode',
  'store',
  'count',
  'setting',
  'expiresAt',
  'version',
  'pid',
]);

const MAX_TEXT_LENGTH = 1000;
const MAX_CAUSES = 5;
const MAX_FRAMES = 8;
/** What a text must hold before there is anything to take out of it; most hold nothing of the kind. */
const SUSPECT = /[^ -~]|[?#@]/;

/** `fields` reduced to what may be logged. The names of fields left out are told, so that a lack can be noticed. */
export function allowedFields(fields: Record<string, unknown>): Record<string, unknown> {
  const allowed: Record<string, unknown> = {};
  const omitted: string[] = [];
  for (const name in fields) {
    const value = fields[name];
    if (name === 'error') allowed.error = describeError(value);
    else if (ALLOWED_FIELDS.has(name)) allowed[name] = plainValue(value);
    else if (value !== undefined) omitted.push(plainText(name.slice(0, 40)));
  }
  if (omitted.length > 0) allowed.omitted = omitted;
  return allowed;
}

/**
 * What the log keeps of an error: name, code, message without query strings, and the same of its causes. An error without
 * a code or reason is one that nobody foresaw: where it happened is kept as well.
 */
export function describeError(error: unknown, depth = 1): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { message: plainText(String(error)) };
  const { name, code, reason, status, message, stack, cause } = error as Record<string, unknown>;
  const foreseen = code !== undefined || reason !== undefined;
  return {
    ...textOf('name', name),
    ...textOf('code', code),
    ...textOf('reason', reason),
    ...(typeof status === 'number' ? { status } : {}),
    ...textOf('message', message),
    ...(typeof stack === 'string' && !foreseen ? { at: framesOf(stack) } : {}),
    ...(cause != null && depth < MAX_CAUSES ? { cause: describeError(cause, depth + 1) } : {}),
  };
}

/** `text` on one line, without query strings, fragments and user names of URLs, and of bounded length. */
export function plainText(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH && !SUSPECT.test(text)) return text;
  const withoutQueries = text
    .slice(0, MAX_TEXT_LENGTH)
    .replace(/(\/\/)[^\s/?#@]*@/g, '$1')
    .replace(/([?#])[^\s"'<>`)\]]*=[^\s"'<>`)\]]*/g, '$1…');
  return cleanText(withoutQueries);
}

function plainValue(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (value instanceof Date) return value.toISOString();
  return typeof value === 'object' || typeof value === 'function' ? '(object)' : value;
}

function framesOf(stack: string): string[] {
  const frames = stack.split('\n').filter((line) => /^\s+at /.test(line));
  return frames.slice(0, MAX_FRAMES).map((line) => plainText(line.trim().slice(3)));
}

function textOf(name: string, value: unknown): Record<string, string> {
  return typeof value === 'string' ? { [name]: plainText(value) } : {};
}
