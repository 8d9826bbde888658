import picocolors from 'picocolors';
import { cleanLines } from '../../src/launchdarkly/index.ts';

/** The output of a script: results go to stdout, everything else to stderr, and no secret to either. */
export interface Terminal {
  /** Whether stdout is for a program: one JSON document and nothing else. */
  readonly json: boolean;
  /** Whether somebody can be asked. */
  readonly interactive: boolean;
  /** Colours for stdout. They have no effect when it is not a terminal or `NO_COLOR` is set. */
  readonly colors: ReturnType<typeof picocolors.createColors>;
  /** From now on this text is replaced by `[hidden]`, whatever it is part of. */
  redact(secret: string | undefined): void;
  /** A part of the result, for people; silent with `--json`. */
  print(text: string): void;
  /** The whole result, for programs; silent without `--json`. */
  printJson(document: unknown): void;
  /** Progress, a warning, something worth knowing: on stderr. */
  info(text: string): void;
  /** Why the script failed: on stderr, in red. */
  error(text: string): void;
  /** Shows `text` on a terminal while `task` runs, until something else is printed. */
  withStatus<T>(text: string, task: () => Promise<T>): Promise<T>;
  /** Makes room for a question. */
  clearLine(): void;
}

export function openTerminal({ json = false } = {}): Terminal {
  const secrets = new Set<string>();
  const stdoutColors = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY);
  const stderrColors = picocolors.createColors(picocolors.isColorSupported && process.stderr.isTTY);
  const status = statusLine();

  function redacted(text: string): string {
    let shown = text;
    for (const secret of secrets) shown = shown.replaceAll(secret, '[hidden]');
    return shown;
  }

  return {
    json,
    interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
    colors: stdoutColors,
    redact(secret) {
      if (!secret || secret.length < 8) return;
      secrets.add(secret);
      secrets.add(JSON.stringify(secret).slice(1, -1)); // as it stands in a JSON document
    },
    print(text) {
      if (json) return;
      status.clear();
      const parts = stdoutColors.isColorSupported ? redacted(text).split(ownColors) : [redacted(text)];
      process.stdout.write(`${parts.map((part, at) => (at % 2 === 1 ? part : cleanLines(part))).join('')}\n`);
    },
    printJson(document) {
      if (json) process.stdout.write(`${cleanLines(redacted(JSON.stringify(document, undefined, 2)))}\n`);
    },
    info(text) {
      status.clear();
      process.stderr.write(`${cleanLines(redacted(text))}\n`);
    },
    error(text) {
      status.clear();
      process.stderr.write(`${stderrColors.red(cleanLines(redacted(text)))}\n`);
    },
    clearLine: status.clear,
    async withStatus(text, task) {
      status.show(stderrColors.dim(text));
      try {
        return await task();
      } finally {
        status.clear();
      }
    },
  };
}

/** What picocolors writes for the few styles that scripts use. */
const ownColors = new RegExp(`(${String.fromCharCode(27)}\\[(?:1|2|22|3[1239])m)`);

/** One line on stderr that can be cleared; nothing when stderr is not a terminal. */
function statusLine() {
  let shown = false;
  return {
    show(text: string) {
      if (!process.stderr.isTTY) return;
      shown = true;
      process.stderr.write(`\r\u001b[K${text}`);
    },
    clear() {
      if (shown) process.stderr.write('\r\u001b[K');
      shown = false;
    },
  };
}
