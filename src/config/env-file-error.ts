/** Why an env file cannot be read, or cannot be kept as it is and take a new value. */
export type EnvFileReason =
  | 'unreadable'
  | 'not_a_file'
  | 'read_only'
  | 'not_utf8'
  | 'not_writable'
  | 'duplicate'
  | 'unquotable'
  | 'not_editable';

/** An env file cannot be read, or was left untouched because writing it would lose something. The message never holds a value. */
export class EnvFileError extends Error {
  override readonly name = 'EnvFileError';
  readonly reason: EnvFileReason;
  /** For a program that ends because of it: 2 when the file is no env file that can be read, else 1. */
  readonly exitCode: 1 | 2;

  constructor(reason: EnvFileReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.reason = reason;
    this.exitCode = reason === 'unreadable' || reason === 'not_a_file' || reason === 'not_utf8' ? 2 : 1;
  }
}
