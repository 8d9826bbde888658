import { randomBytes } from 'node:crypto';
import type { Flow } from './flow.ts';

/** How much is kept, in memory only. */
const limits = { browsers: 50, flowsPerBrowser: 5, messagesPerFlow: 16 };
const lifetimeMs = 30 * 60_000;

/** The recorded flows by browser. A browser is identified by an id that nobody can guess. */
export class FlowStore {
  readonly #browsers = new Map<string, { flows: Flow[]; usedAt: number }>();

  /** The flows of a browser, newest first; none when the id is unknown or was not used for half an hour. */
  flowsOf(browser: string | undefined): readonly Flow[] {
    this.#forgetOld();
    return (browser && this.#browsers.get(browser)?.flows) || [];
  }

  /** The id itself if it is known, otherwise a new one of 192 random bits: nobody can choose an id for somebody else. */
  browser(id: string | undefined): string {
    this.#forgetOld();
    return id !== undefined && this.#browsers.has(id) ? id : randomBytes(24).toString('base64url');
  }

  /** Keeps a new flow. Removes the browser's oldest flow or the least recently used browser when there are too many. */
  add(browser: string, flow: Flow): void {
    const flows = [flow, ...this.flowsOf(browser)].slice(0, limits.flowsPerBrowser);
    this.#browsers.delete(browser);
    this.#browsers.set(browser, { flows, usedAt: Date.now() });
    for (const oldest of this.#browsers.keys()) {
      if (this.#browsers.size <= limits.browsers) break;
      this.#browsers.delete(oldest);
    }
  }

  /** Removes all flows of a browser. */
  forget(browser: string | undefined): void {
    if (browser) this.#browsers.delete(browser);
  }

  #forgetOld(): void {
    for (const [browser, { usedAt }] of this.#browsers) {
      if (Date.now() - usedAt > lifetimeMs) this.#browsers.delete(browser);
    }
  }
}

/** Whether another message fits into a flow. */
export function hasRoom(flow: Flow): boolean {
  return flow.messages.length < limits.messagesPerFlow;
}
