import type { IRouter } from 'express';

/** What readiness depends on. */
export interface HealthOptions {
  /** Rejects when the session store cannot serve. */
  readonly pingStore: () => Promise<void>;
  /** Whether the app has been told to stop. */
  readonly isStopping: () => boolean;
}

/**
 * `GET /healthz`: the process is alive. `GET /readyz`: it can serve; 503 while it cannot, so that a load balancer looks
 * elsewhere. Both answer JSON. LaunchDarkly is not asked: when it is down, members who are inside stay inside.
 */
export function addHealthRoutes(app: IRouter, { pingStore, isStopping }: HealthOptions): void {
  app.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });

  app.get('/readyz', async (_req, res) => {
    const sessionStore = await pingStore().then(
      () => 'ok' as const,
      () => 'unavailable' as const,
    );
    const stopping = isStopping();
    const ready = sessionStore === 'ok' && !stopping;
    res.set('Cache-Control', 'no-store').status(ready ? 200 : 503);
    res.json({ status: ready ? 'ok' : 'unavailable', sessionStore, stopping });
  });
}
