/** The codes that this process is redeeming, or has just redeemed, by the id of their login. */
export interface Redemptions<T> {
  /** Runs `redeem`, unless this login is known: then resolves or rejects like the run that was first. */
  once(loginId: string, redeem: () => Promise<T>): Promise<T>;
  /** The run of this login; undefined when there is none, or it failed. */
  find(loginId: string): Promise<T> | undefined;
}

/** A browser that reloads the callback cancels the first answer and has not seen its cookies: that long it may ask again. */
const memory = 60_000;
/** About 2 MB. */
const most = 10_000;

/**
 * A code is sent once even when its callback is loaded twice: a server that sees it again should revoke what it issued
 * for it (RFC 6749, section 4.1.2), and nobody would be logged in. Failed runs are forgotten at once.
 */
export function createRedemptions<T>(): Redemptions<T> {
  const runs = new Map<string, { run: Promise<T>; startedAt: number }>();

  return {
    once(loginId, redeem) {
      const known = runs.get(loginId);
      if (known) return known.run;
      forgetOld();
      const run = redeem();
      runs.set(loginId, { run, startedAt: Date.now() });
      run.catch(() => runs.delete(loginId));
      return run;
    },
    find: (loginId) => runs.get(loginId)?.run,
  };

  /** The map is in the order of starts. */
  function forgetOld(): void {
    for (const [loginId, { startedAt }] of runs) {
      if (runs.size < most && Date.now() - startedAt < memory) return;
      runs.delete(loginId);
    }
  }
}
