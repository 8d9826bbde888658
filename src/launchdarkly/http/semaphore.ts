/** Lets a limited number of holders work at the same time; the others wait in the order they came. */
export class Semaphore {
  #free: number;
  readonly #waiting = new Set<() => void>();

  /** @param permits how many may hold a permit at the same time. */
  constructor(permits: number) {
    this.#free = permits;
  }

  /**
   * Calls `start` as soon as there is a permit for it, at once if one is free. Every call of `start` is to be followed
   * by one `release()`.
   * @returns what takes `start` out of the queue; does nothing once it was called.
   */
  acquire(start: () => void): () => void {
    if (this.#free > 0) {
      this.#free -= 1;
      start();
    } else this.#waiting.add(start);
    return () => this.#waiting.delete(start);
  }

  /** Gives a permit back, to the one that has waited longest if any does. */
  release(): void {
    const [next] = this.#waiting;
    if (!next) {
      this.#free += 1;
      return;
    }
    this.#waiting.delete(next);
    next();
  }
}
