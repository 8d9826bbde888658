import picocolors from 'picocolors';
import { cleanLines } from '../../src/launchdarkly/index.ts';

/** Where a script speaks: results to stdout, everything else to stderr, and no secret to either. */
export interface Terminal {
  /** Whether stdout is for a program: one JSON document and nothing else. */
  readonly json: boolean;
  /** Whether a person sits there who can answer. */
  readonly interactive: boolean;
  /** Colours for stdout; without effect when it is no terminal or `NO_COLOR` is set. */
  readonly colors: ReturnType<typeof picocolors.createColors>;
  /** From now on this text is never printed, whatever it is part of. */
  conceal(secret: string | undefined): void;
  /** A part of the result, for people; silent with `--json`. */
  print(text: string): void;
  /** The whole result, for programs; silent without `--json`. */
  printJson(document: unknown): void;
  /** Progress, a warning, something worth knowing. */
  tell(text: string): void;
  /** Shows on a terminal that something is going on, for as long as it is and nothing else is said. */
  during<T>(text: string, task: () => Promise<T>): Promise<T>;
  /** Makes room for a question. */
  clearLine(): void;
}

export function openTerminal({ json = false } = {}): Terminal {
  const secrets = new Set<string>();
  const stdoutColors = picocolors.createColors(picocolors.isColorSupported && process.stdout.isTTY);
  const stderrColors = picocolors.createColors(picocolors.isColorSupported && process.stderr.isTTY);
  const status = statusLine();

  function concealed(text: string): string {
    let shown = text;
    for (const secret of secrets) shown = shown.replaceAll(secret, '[hidden]');
    return shown;
  }

  return {
    json,
    interactive: Boolean(process.stdin.isTTY && process.stderr.isTTY),
    colors: stdoutColors,
    conceal(secret) {
      if (!secret || secret.length < 8) return;
      secrets.add(secret);
      secrets.add(JSON.stringify(secret).slice(1, -1)); // as it stands in a JSON document
    },
    print(text) {
      if (json) return;
      status.clear();
      const parts = stdoutColors.isColorSupported ? concealed(text).split(ownColors) : [concealed(text)];
      process.stdout.write(`${parts.map((part, at) => (at % 2 === 1 ? part : cleanLines(part))).join('')}\n`);
    },
    printJson(document) {
      if (json) process.stdout.write(`${cleanLines(concealed(JSON.stringify(document, undefined, 2)))}\n`);
    },
    tell(text) {
      status.clear();
      process.stderr.write(`${stderrColors.dim(cleanLines(concealed(text)))}\n`);
    },
    clearLine: status.clear,
    async during(text, task) {
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

/** One line on stderr that comes and goes; nothing where stderr is no terminal. */
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
