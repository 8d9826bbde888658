import { randomBytes } from 'node:crypto';
import type { Flow } from './flow.ts';

/** How much is kept, in memory only. Logins have room of their own: refreshes are many. */
const limits = { browsers: 50, logins: 5, others: 5, messagesPerFlow: 16 };
const lifetimeMs = 30 * 60_000;

/** The recorded flows by browser. A browser is identified by an id that nobody can guess. */
export class FlowStore {
  readonly #browsers = new Map<string, { flows: readonly Flow[]; usedAt: number; forgottenUpTo: number }>();
  #lastId = 0;

  /** An id for a new flow. */
  nextId(): number {
    return ++this.#lastId;
  }

  /** The flows of a browser, newest first; none when the id is unknown or was not used for half an hour. */
  flowsOf(browser: string | undefined): readonly Flow[] {
    return (this.knows(browser) && this.#browsers.get(browser)?.flows) || [];
  }

  /** Whether it is the id of a browser with recorded flows. */
  knows(browser: string | undefined): browser is string {
    this.#removeOld();
    return browser !== undefined && this.#browsers.has(browser);
  }

  /**
   * Keeps a new flow, unless the browser's flows were forgotten after it began. Removes the browser's oldest flow or the
   * least recently used browser when there are too many.
   */
  add(browser: string, flow: Flow): void {
    const { flows = [], forgottenUpTo = 0 } = this.#browsers.get(browser) ?? {};
    if (flow.id <= forgottenUpTo) return;
    this.#keep(
      browser,
      [flow, ...flows].sort((a, b) => b.id - a.id),
      forgottenUpTo,
    );
  }

  /** Removes all flows of a browser but this one, and those that have begun and are not added yet. */
  forgetAllBut(flow: Flow, browser: string): void {
    this.#keep(browser, [flow], this.#lastId);
  }

  #keep(browser: string, flows: readonly Flow[], forgottenUpTo: number): void {
    const logins = flows.filter(({ kind }) => kind === 'login').slice(0, limits.logins);
    const others = flows.filter(({ kind }) => kind !== 'login').slice(0, limits.others);
    const kept = flows.filter((flow) => logins.includes(flow) || others.includes(flow));
    this.#browsers.delete(browser);
    this.#browsers.set(browser, { flows: kept, usedAt: Date.now(), forgottenUpTo });
    for (const oldest of this.#browsers.keys()) {
      if (this.#browsers.size <= limits.browsers) break;
      this.#browsers.delete(oldest);
    }
  }

  #removeOld(): void {
    for (const [browser, { usedAt }] of this.#browsers) {
      if (Date.now() - usedAt > lifetimeMs) this.#browsers.delete(browser);
    }
  }
}

/** 192 random bits: nobody can guess the id of somebody else. */
export function newBrowserId(): string {
  return randomBytes(24).toString('base64url');
}

/** Whether another message fits into a flow. */
export function hasRoom(flow: Flow): boolean {
  return flow.messages.length < limits.messagesPerFlow;
}
