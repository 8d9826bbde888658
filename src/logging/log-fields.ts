import { cleanText } from '../launchdarkly/clean-text.ts';

/*
 * What may be logged. A field that is not listed here is left out, errors are reduced to names, codes and messages, and
 * query strings are removed from URLs in every text.
 */

/** The fields of a log line besides level, time and message. `error` is described; all others are plain values. */
const ALLOWED_FIELDS = new Set([
  'event', // what happened, in words_like_this
  'code', // the code that the failure page shows, too
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
/** A short text without any of these needs no cleaning. */
const NEEDS_CLEANING = /[^ -~]|[?#@]/;

/** `fields` reduced to what may be logged. The names of the others are listed as `omitted`. */
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
 * a code or reason is unexpected, so the start of its stack is kept, too.
 */
export function describeError(error: unknown, depth = 1): Record<string, unknown> {
  if (typeof error !== 'object' || error === null) return { message: plainText(String(error)) };
  const { name, code, reason, status, message, stack, cause, error: oauthError } = error as Record<string, unknown>;
  const expected = code !== undefined || reason !== undefined;
  return {
    ...textOf('name', name),
    ...textOf('code', code),
    ...textOf('reason', reason),
    ...(isOAuthError(oauthError) && { oauthError }),
    ...(typeof status === 'number' ? { status } : {}),
    ...textOf('message', message),
    ...(typeof stack === 'string' && !expected ? { at: framesOf(stack) } : {}),
    ...(cause != null && depth < MAX_CAUSES ? { cause: describeError(cause, depth + 1) } : {}),
  };
}

/** A code such as `invalid_grant`; its description may hold anything, and is left out. */
function isOAuthError(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z_]{1,64}$/.test(value);
}

/** `text` on one line of bounded length, with query strings, fragments and user names removed from URLs. */
export function plainText(text: string): string {
  if (text.length <= MAX_TEXT_LENGTH && !NEEDS_CLEANING.test(text)) return text;
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
