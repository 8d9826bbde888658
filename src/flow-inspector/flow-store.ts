import { randomBytes } from 'node:crypto';
import type { Flow } from './flow.ts';

/** How much is kept. All of it lives in memory and is gone with the process. */
const most = { browsers: 50, flowsPerBrowser: 5, messagesPerFlow: 16 };
const lifetimeMs = 30 * 60_000;

/** The recorded flows, by browser. A browser is known by an id that nobody can guess. */
export class FlowStore {
  readonly #browsers = new Map<string, { flows: Flow[]; usedAt: number }>();

  /** The flows of a browser, newest first; none when the id is unknown or was not used for half an hour. */
  flowsOf(browser: string | undefined): readonly Flow[] {
    this.#forgetOld();
    return (browser && this.#browsers.get(browser)?.flows) || [];
  }

  /** The id itself when it is one of ours, else a new one: 192 random bits, so nobody can choose it for somebody. */
  browser(id: string | undefined): string {
    this.#forgetOld();
    return id !== undefined && this.#browsers.has(id) ? id : randomBytes(24).toString('base64url');
  }

  /** Keeps a new flow. The oldest of the browser, or the browser that was longest away, gives way. */
  add(browser: string, flow: Flow): void {
    const flows = [flow, ...this.flowsOf(browser)].slice(0, most.flowsPerBrowser);
    this.#browsers.delete(browser);
    this.#browsers.set(browser, { flows, usedAt: Date.now() });
    for (const oldest of this.#browsers.keys()) {
      if (this.#browsers.size <= most.browsers) break;
      this.#browsers.delete(oldest);
    }
  }

  /** Forgets all that a browser did. */
  forget(browser: string | undefined): void {
    if (browser) this.#browsers.delete(browser);
  }

  #forgetOld(): void {
    for (const [browser, { usedAt }] of this.#browsers) {
      if (Date.now() - usedAt > lifetimeMs) this.#browsers.delete(browser);
    }
  }
}

/** Whether a flow can take another message. */
export function hasRoom(flow: Flow): boolean {
  return flow.messages.length < most.messagesPerFlow;
}
