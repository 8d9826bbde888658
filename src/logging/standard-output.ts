import { constants, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** Bytes that are kept while the reader does not read; about 5,000 lines. */
const maxKept = 1024 * 1024;
/** Milliseconds between two attempts to write what is kept. */
const retryMs = 100;
/** Milliseconds that the process, when it ends, waits for the reader. */
const exitWaitMs = 1_000;

/** Where a logger writes its lines. */
export interface LineOutput {
  write(line: string): void;
  /** Writes what is kept before it returns, as far as the reader takes it within a second. */
  flushSync(): void;
}

/**
 * Standard output that never blocks and never throws. The lines of one turn of the event loop share a write. What a pipe or terminal does not take is kept up to a limit, and
 * lines beyond that are dropped and counted. (pino's own destination blocks, and repeats some failures forever.)
 * @param onDropped called with the number of dropped lines once the reader reads again.
 */
export function standardOutput(onDropped: (count: number) => void): LineOutput {
  const fd = openNonBlocking();
  let lines = '';
  let kept = Buffer.alloc(0);
  let dropped = 0;
  /** Whether `flush` will run. */
  let scheduled = false;
  process.once('exit', flushSync);
  return { write, flushSync };

  function write(line: string): void {
    if (kept.length + lines.length + line.length > maxKept) {
      dropped += 1;
      return;
    }
    lines += line;
    if (scheduled) return;
    scheduled = true;
    setImmediate(flush);
  }

  function flush(): void {
    scheduled = !writeKept();
    if (scheduled) {
      setTimeout(flush, retryMs).unref();
    } else if (dropped > 0) {
      const count = dropped;
      dropped = 0;
      onDropped(count);
    }
  }

  /** Returns whether all is written. What cannot be written at all, such as to a closed pipe, is given up. */
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
    const deadline = performance.now() + exitWaitMs;
    while (!writeKept() && performance.now() < deadline) sleepSync(10);
  }
}

/** Node makes pipes and sockets non-blocking when `process.stdout` is first used. A terminal has to be opened again. */
function openNonBlocking(): number {
  try {
    if (isatty(1)) return openSync('/dev/fd/1', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    void process.stdout;
  } catch {
    // Where that is impossible, the terminal is written to as it is.
  }
  return 1;
}

function sleepSync(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
