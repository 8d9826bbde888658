/** The parts of a trust plan: a CA, the lists of trusted CAs on a machine, and the commands that change them. */
import { execFile } from 'node:child_process';

/** A certificate authority (CA), identified the ways trust stores identify it. */
export interface Authority {
  /** Its common name, which is unique. */
  readonly name: string;
  /** SHA-1 of the certificate in capital hexadecimal digits: how macOS and Windows find certificates. */
  readonly sha1: string;
  /** File that holds the certificate in PEM. */
  readonly file: string;
}

/** One list of trusted CAs. */
export interface TrustStore {
  /** Its name for people: `Chromium, Chrome and Edge (/home/me/.pki/nssdb)`. */
  readonly name: string;
  /** Whether browsers use it. */
  readonly forBrowsers: boolean;
  /** Says why `commands` cannot be run from here, and what to do; missing when they can. */
  readonly blocked?: (commands: readonly Command[]) => string;
  trusts(authority: Authority): Promise<boolean>;
  addCommands(authority: Authority): Command[];
  removeCommands(authority: Authority): Command[];
}

/** Where to look. Tests use something other than this machine. */
export interface Machine {
  /** `process.platform`. */
  readonly platform: string;
  /** The home directory of the user whose browsers are configured. */
  readonly home: string;
  /** Whether the process may change system-wide settings. */
  readonly isRoot: boolean;
  /** Whether to include the system-wide list, not just those of the browsers. */
  readonly includeSystem: boolean;
}

/** A program and its arguments, run without a shell. */
export type Command = readonly [program: string, ...args: string[]];

/** The result of a command. `missing`: the program is not installed. */
export interface CommandResult {
  readonly ok: boolean;
  readonly missing: boolean;
  readonly output: string;
}

/** Runs `command` without input, for at most two minutes (the user may have to answer a system dialog). */
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

/** The command as typed in a shell. */
export function showCommand(command: Command): string {
  return command.map((word) => (/^[\w./:=@%+,-]+$/.test(word) ? word : `"${word}"`)).join(' ');
}
