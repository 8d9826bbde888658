import type { IRouter, Request, RequestHandler } from 'express';
import { currentUser } from '../auth/index.ts';
import type { PageSession } from './view-data.ts';

/** `GET /api/me`: who is logged in, and how long the session lasts, as JSON. Times are ISO 8601 in UTC. */
export function addApi(
  app: IRouter,
  options: { requireLogin: RequestHandler; sessionTimes: (req: Request) => PageSession },
): void {
  app.get('/api/me', options.requireLogin, (req, res) => {
    const { startedAt, idleExpiresAt, expiresAt } = options.sessionTimes(req);
    res.json({
      member: currentUser(req),
      session: { startedAt: iso(startedAt), idleExpiresAt: iso(idleExpiresAt), expiresAt: iso(expiresAt) },
    });
  });
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
