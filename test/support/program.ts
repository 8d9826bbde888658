import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A TypeScript program of a few lines in a process of its own, with what it has printed so far. */
export interface Program {
  child: ChildProcess;
  stdout: string;
  stderr: string;
  /** Resolves when standard output or error holds `pattern`; rejects when the program ends without it, or after `withinMs`. */
  prints(pattern: RegExp, options?: { withinMs?: number }): Promise<RegExpExecArray>;
  /** Resolves to the exit code, or to the signal that ended it. */
  ended: Promise<number | string>;
}

/** Runs `source` (an ES module; its imports are given as absolute URLs) in `cwd` with `env` alone. */
export function runProgram(source: string, options: { env?: NodeJS.ProcessEnv; cwd?: string } = {}): Program {
  return follow(
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', source], {
      env: process.env,
      ...options,
    }),
  );
}

/** Gathers what a child process prints. */
export function follow(child: ChildProcess): Program {
  const changed = new Set<() => void>();
  const program: Program = {
    child,
    stdout: '',
    stderr: '',
    ended: once(child, 'close').then(([code, signal]) => (code ?? signal) as number | string),
    prints(pattern, { withinMs = 60_000 } = {}) {
      return new Promise((resolve, reject) => {
        const fail = (what: string) => {
          done();
          reject(new Error(`${what} ${pattern}:\n${program.stdout}${program.stderr}`));
        };
        const tooLate = setTimeout(() => fail(`In ${withinMs} ms it has not printed`), withinMs);
        const look = () => {
          const found = pattern.exec(program.stdout) ?? pattern.exec(program.stderr);
          if (found) {
            done();
            resolve(found);
          } else if (child.exitCode !== null || child.signalCode !== null) {
            fail('Ended without printing');
          }
        };
        const done = () => {
          clearTimeout(tooLate);
          changed.delete(look);
        };
        changed.add(look);
        look();
      });
    },
  };
  const tell = () => {
    for (const look of changed) look();
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    program.stdout += text;
    tell();
  });
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    program.stderr += text;
    tell();
  });
  child.once('close', tell);
  return program;
}
