import type { IRouter } from 'express';
import type { Logger } from '../logging/log.ts';

/** What readiness depends on. */
export interface HealthOptions {
  /** Rejects, with the reason, when the session store is unavailable. */
  readonly pingStore: () => Promise<void>;
  readonly logger: Logger;
  /** Whether the app has been told to stop. */
  readonly isStopping: () => boolean;
}

/**
 * `GET /healthz`: the process is alive. `GET /readyz`: it can serve requests, or 503 while it cannot, so that a load
 * balancer uses other instances. Both answer JSON. LaunchDarkly is not asked: an outage there ends no session. The
 * start of a session store outage is logged once, with its reason.
 */
export function addHealthRoutes(app: IRouter, { pingStore, isStopping, logger }: HealthOptions): void {
  let wasAvailable = true;
  app.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });

  app.get('/readyz', async (_req, res) => {
    const error: unknown = await pingStore().then(
      () => undefined,
      (reason) => reason,
    );
    const available = error === undefined;
    if (!available && wasAvailable) logger.error({ event: 'not_ready', error });
    if (available && !wasAvailable) logger.info({ event: 'ready_again' });
    wasAvailable = available;
    const stopping = isStopping();
    const ready = available && !stopping;
    res.set('Cache-Control', 'no-store').status(ready ? 200 : 503);
    const sessionStore = available ? 'ok' : 'unavailable';
    res.json({ status: ready ? 'ok' : 'unavailable', sessionStore, stopping });
  });
}
