import type { Terminal } from './terminal.ts';

let running = 0;
let wanted: number | undefined;

/**
 * Lets Ctrl-C and SIGTERM wait for the few seconds in which a stop would leave something to tidy up. At any other
 * moment they end the process at once, and a second one always does.
 */
export const finishBeforeStopping = {
  install(terminal: Terminal): void {
    for (const [signal, code] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
    ] as const) {
      process.on(signal, () => {
        if (running === 0 || wanted !== undefined) process.exit(code);
        wanted = code;
        terminal.info('Stopping as soon as this step is finished; once more to stop at once.');
      });
    }
  },

  async run<T>(task: () => Promise<T>): Promise<T> {
    running++;
    try {
      return await task();
    } finally {
      running--;
      if (wanted !== undefined) process.exit(wanted);
    }
  },
};
