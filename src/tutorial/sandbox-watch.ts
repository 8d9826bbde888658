import { SandboxControls } from './sandbox-controls.ts';

/** What the demo's pages say about the sandbox. */
export interface SandboxNews {
  /** Whether it answered when it was last asked. */
  readonly answers: boolean;
  /** Whether nothing listens at its address, so that a browser sent there would show an error of its own. */
  readonly isStopped: boolean;
  /** How many failures were switched on then. */
  readonly failures: number;
}

/** Asks the sandbox how it is. `look` never rejects and takes half a second at most; `news` is what it found. */
export function watchSandbox(baseUri: string): { look(): Promise<void>; news(): SandboxNews } {
  const controls = new SandboxControls(baseUri, 500);
  let news: SandboxNews = { answers: true, isStopped: false, failures: 0 };
  return {
    async look() {
      news = await controls.faults().then(
        (faults) => ({ answers: true, isStopped: false, failures: faults.length }),
        ({ cause }) => ({ answers: false, isStopped: cause?.code === 'ECONNREFUSED', failures: 0 }),
      );
    },
    news: () => news,
  };
}
