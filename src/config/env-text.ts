import { isDeepStrictEqual, parseEnv } from 'node:util';
import { parse as parseDotenv } from 'dotenv';

/** Why an env file cannot be read or changed. */
export type EnvFileReason =
  | 'unreadable'
  | 'not_a_file'
  | 'read_only'
  | 'not_utf8'
  | 'not_writable'
  | 'duplicate'
  | 'unquotable'
  | 'not_editable';

/** An env file cannot be read, or was not changed because the change would lose something. The message never holds a value. */
export class EnvFileError extends Error {
  override readonly name = 'EnvFileError';
  readonly reason: EnvFileReason;
  /** For a program that ends because of it: 2 when the file cannot be read as an env file, else 1. */
  readonly exitCode: 1 | 2;

  constructor(reason: EnvFileReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.reason = reason;
    this.exitCode = reason === 'unreadable' || reason === 'not_a_file' || reason === 'not_utf8' ? 2 : 1;
  }
}

/**
 * Sets values in the text of an env file and changes nothing else: comments, order, blank lines, line endings,
 * `export`, inline comments and the quoting of other values stay. A missing name is appended; a value that is already
 * set keeps its quoting. Dotenv and Node's own parser read the value alike.
 * Throws `EnvFileError`: `duplicate`, `unquotable`, `not_editable`.
 */
export function editEnvText(text: string, values: Readonly<Record<string, string>>): string {
  let edited = text;
  for (const [name, value] of Object.entries(values)) edited = setValue(edited, name, value);
  assertOnlyTheseChanged(text, edited, values);
  return edited;
}

/** The lines, counted from 1, on which the text of an env file assigns this name. */
export function assignmentLines(text: string, name: string): number[] {
  return assignmentsOf(text, name).map(({ index }) => text.slice(0, index).split(/\r\n?|\n/).length);
}

function setValue(text: string, name: string, value: string): string {
  const lines = assignmentLines(text, name);
  if (lines.length > 1) {
    throw new EnvFileError(
      'duplicate',
      `${name} is set more than once, on lines ${lines.join(' and ')}. Keep one of them.`,
    );
  }
  if (readers.every((read) => read(text)[name] === value)) return text;
  const [found] = assignmentsOf(text, name);
  if (!found) return append(text, `${name}=${quoteValue(name, value)}`);
  const [whole, before = '', , equals = '=', , after = ''] = found;
  // After an empty `NAME=`, the space before a comment was matched with the equals sign.
  const bare = after.startsWith('#') ? equals.trimEnd() : equals;
  const gap = after.startsWith('#') ? equals.slice(bare.length) || ' ' : '';
  const line = `${before}${name}${bare}${quoteValue(name, value)}${gap}${after}`;
  return text.slice(0, found.index) + line + text.slice(found.index + whole.length);
}

// Indentation (a byte order mark too) and `export`, the name, the equals sign or a colon, the value (quoted ones may span lines), an inline comment.
const assignment =
  /^([^\S\r\n]*(?:export[^\S\r\n]+)?)([\w.-]+)([^\S\r\n]*=[^\S\r\n]*|:[^\S\r\n]+)('(?:\\'|[^'])*'|"(?:\\"|[^"])*"|`(?:\\`|[^`])*`|[^#\r\n]*?)([^\S\r\n]*(?:#.*)?)$/gm;

function assignmentsOf(text: string, name: string): RegExpExecArray[] {
  return [...text.matchAll(assignment)].filter((match) => match[2] === name);
}

function append(text: string, line: string): string {
  const lineEnd = /\r\n|\n|\r/.exec(text)?.[0] ?? '\n';
  const start = text === '' || /[\r\n]$/.test(text) ? text : text + lineEnd;
  return start + line + lineEnd;
}

const readers: readonly ((text: string) => Record<string, string | undefined>)[] = [
  parseDotenv,
  (text) => ({ ...parseEnv(toNodeSyntax(text)) }),
];

/** Rewrites what dotenv accepts and Node does not: a byte order mark, CR line endings, `export` and tabs, `NAME: value`. */
function toNodeSyntax(text: string): string {
  return text
    .replace(/^\uFEFF/, '')
    .replace(/\r\n?/g, '\n')
    .replace(/^([^\S\n]*)export[^\S\n]+/gm, '$1export ')
    .replace(/^([^\S\n]*(?:export )?[\w.-]+):[^\S\n]+/gm, '$1=');
}

/** Quotes a value so that every reader returns it, and where possible a shell that sources the file too. */
function quoteValue(name: string, value: string): string {
  const quotings = [`'${value}'`, `"${value}"`, `\`${value}\``, value];
  const candidates = /^[\w./:@%+=,-]*$/.test(value) ? [value] : quotings;
  const spelling = candidates.find((candidate) =>
    readers.every((read) => read(`${name}=${candidate}\n`)[name] === value),
  );
  if (spelling === undefined || /[\r\n]/.test(value)) {
    throw new EnvFileError(
      'unquotable',
      `The value of ${name} cannot be written into an env file: however it is quoted, it would be read differently.`,
    );
  }
  return spelling;
}

/** An unclosed quote elsewhere in the file can swallow lines. Such a file is not edited. */
function assertOnlyTheseChanged(before: string, after: string, values: Readonly<Record<string, string>>): void {
  for (const read of readers) {
    if (isDeepStrictEqual({ ...read(after) }, { ...read(before), ...values })) continue;
    throw new EnvFileError(
      'not_editable',
      `${Object.keys(values).join(', ')} cannot be set without changing what the rest of the file means. ` +
        'Look for a quote that is opened and never closed.',
    );
  }
}
