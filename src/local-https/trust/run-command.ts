/** Runs the tools that keep lists of trusted certificates. */
import { execFile } from 'node:child_process';

/** A program and its arguments, run without a shell. */
export type Command = readonly [program: string, ...args: string[]];

/** How a command ended: `missing` when the program is not installed, else its exit code and what it said. */
export interface CommandResult {
  readonly ok: boolean;
  readonly missing: boolean;
  readonly output: string;
}

/** Runs `command` without input, for at most two minutes (a person may have to answer a dialogue of the system). */
export function runCommand([program, ...args]: Command): Promise<CommandResult> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { timeout: 120_000, windowsHide: true }, (error, stdout, stderr) => {
      resolve({
        ok: error === null,
        missing: error?.code === 'ENOENT',
        output: `${stdout}${stderr}`.trim(),
      });
    });
    child.stdin?.end();
  });
}

/** The command as it would be typed. */
export function showCommand(command: Command): string {
  return command.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `"${word}"`)).join(' ');
}
