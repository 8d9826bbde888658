import type { Request } from 'express';
import { currentLogin } from '../auth/index.ts';
import type { PageSession } from './view-data.ts';

/** Milliseconds: how long a session lasts without a request, and in all. */
export interface Lifetimes {
  readonly idle: number;
  readonly max: number;
}

/** When the session of a logged-in request began and ends. Throws `RangeError` when nobody is logged in. */
export function sessionTimes(req: Request, { idle, max }: Lifetimes): PageSession {
  const login = currentLogin(req);
  if (!login) throw new RangeError('There is no login to tell the times of.');
  const expiresAt = login.startedAt + max;
  return {
    startedAt: login.startedAt,
    verifiedAt: login.verifiedAt,
    idleExpiresAt: Math.min(Date.now() + idle, expiresAt),
    expiresAt,
  };
}
