import { constants, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Bytes that are kept for a reader that has stopped reading; about 5,000 lines. */
const mostKept = 1024 * 1024;
/** Milliseconds between two attempts while it does not read. */
const pause = 100;
/** Milliseconds that the end of the process waits for it. */
const lastWait = 1_000;

/** Where a logger writes its lines. */
export interface LineOutput {
  write(line: string): void;
  /** Writes everything before it returns, as far as the reader takes it within a second. */
  flushSync(): void;
}

/**
 * Standard output that never waits for its reader, and never fails: what a pipe or terminal does not take is kept, up
 * to a limit; lines beyond that are dropped and counted. (pino's own destination waits, and repeats some failures for ever.)
 * The lines of one turn of the event loop are written together: to write costs more than to make a line.
 * @param onDropped told, once the reader reads again, how many lines it missed.
 */
export function standardOutput(onDropped: (count: number) => void): LineOutput {
  const fd = nonBlocking();
  let lines = '';
  let kept = Buffer.alloc(0);
  let dropped = 0;
  let scheduled = false;
  process.once('exit', flushSync);
  return { write, flushSync };

  function write(line: string): void {
    if (kept.length + lines.length + line.length > mostKept) {
      dropped += 1;
      return;
    }
    lines += line;
    if (!scheduled) setImmediate(flush);
    scheduled = true;
  }

  function flush(): void {
    scheduled = !writeKept();
    if (scheduled) {
      setTimeout(flush, pause).unref();
    } else if (dropped > 0) {
      onDropped(dropped);
      dropped = 0;
    }
  }

  /** Whether all is written. What cannot be written at all, such as to a pipe that was closed, is given up. */
  function writeKept(): boolean {
    if (lines) kept = kept.length > 0 ? Buffer.concat([kept, Buffer.from(lines)]) : Buffer.from(lines);
    lines = '';
    try {
      while (kept.length > 0) kept = kept.subarray(writeSync(fd, kept));
      return true;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return false;
      kept = Buffer.alloc(0);
      return true;
    }
  }

  function flushSync(): void {
    const deadline = performance.now() + lastWait;
    while (!writeKept() && performance.now() < deadline) sleepSync(10);
  }
}

/** Node makes pipes and sockets non-blocking when `process.stdout` is first used. A terminal has to be opened again. */
function nonBlocking(): number {
  try {
    if (isatty(1)) return openSync('/dev/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    void process.stdout;
  } catch {
    // Where that cannot be, the terminal is written to as it is.
  }
  return 1;
}

function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
