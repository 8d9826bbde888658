import type { Request, RequestHandler } from 'express';
import { Router } from 'express';
import { currentUser } from '../auth/index.ts';
import { send } from './send.ts';
import type { PageSession } from './view-data.ts';

/** `GET /api/me`: who is logged in, and how long the session lasts, as JSON. Times are ISO 8601 in UTC. */
export function createApi(options: {
  requireLogin: RequestHandler;
  sessionTimes: (req: Request) => PageSession;
}): Router {
  const router = Router();

  router.get('/api/me', options.requireLogin, (req, res) => {
    const { startedAt, idleExpiresAt, expiresAt } = options.sessionTimes(req);
    const answer = {
      member: currentUser(req),
      session: { startedAt: iso(startedAt), idleExpiresAt: iso(idleExpiresAt), expiresAt: iso(expiresAt) },
    };
    send(res, 'application/json', JSON.stringify(answer));
  });

  return router;
}

function iso(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
