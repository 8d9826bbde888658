import type { IRouter } from 'express';
import type { Logger } from '../logging/log.ts';

/** What readiness depends on. */
export interface HealthOptions {
  /** Rejects, with the reason, when the session store cannot serve. */
  readonly pingStore: () => Promise<void>;
  readonly logger: Logger;
  /** Whether the app has been told to stop. */
  readonly isStopping: () => boolean;
}

/**
 * `GET /healthz`: the process is alive. `GET /readyz`: it can serve; 503 while it cannot, so that a load balancer looks
 * elsewhere. Both answer JSON. LaunchDarkly is not asked: when it is down, members who are inside stay inside. The log
 * tells why the session store cannot serve, once for each time that this begins.
 */
export function addHealthRoutes(app: IRouter, { pingStore, isStopping, logger }: HealthOptions): void {
  let couldServe = true;
  app.get('/healthz', (_req, res) => {
    res.set('Cache-Control', 'no-store').json({ status: 'ok' });
  });

  app.get('/readyz', async (_req, res) => {
    const error: unknown = await pingStore().then(
      () => undefined,
      (reason) => reason,
    );
    const sessionStore = error === undefined ? 'ok' : 'unavailable';
    if (error !== undefined && couldServe) logger.error({ event: 'not_ready', error });
    if (error === undefined && !couldServe) logger.info({ event: 'ready_again' });
    couldServe = error === undefined;
    const stopping = isStopping();
    const ready = sessionStore === 'ok' && !stopping;
    res.set('Cache-Control', 'no-store').status(ready ? 200 : 503);
    res.json({ status: ready ? 'ok' : 'unavailable', sessionStore, stopping });
  });
}
