import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** A TypeScript program of a few lines in a process of its own, with what it has printed so far. */
export interface Program {
  child: ChildProcess;
  stdout: string;
  stderr: string;
  /** Resolves when standard output or error holds `pattern`; rejects when the program ends without it. */
  prints(pattern: RegExp): Promise<RegExpExecArray>;
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
    prints(pattern) {
      return new Promise((resolve, reject) => {
        const look = () => {
          const found = pattern.exec(program.stdout) ?? pattern.exec(program.stderr);
          if (found) {
            changed.delete(look);
            resolve(found);
          } else if (child.exitCode !== null || child.signalCode !== null) {
            reject(new Error(`Ended without printing ${pattern}:\n${program.stdout}${program.stderr}`));
          }
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
