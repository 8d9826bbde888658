import type { AuthEvent } from '../auth/index.ts';
import type { Logger } from './log.ts';

/** Writes a line for everything that happens to a login: in which request, who, and why when something went wrong. */
export function logAuthEvents(logger: Logger): (event: AuthEvent) => void {
  return ({ event, error, user, req }) => {
    if (event === 'login_failed') return; // the error handler logs it as `request_failed`
    const line = {
      event,
      ...(req && { requestId: req.id }),
      ...(user && { accountId: user.accountId, memberId: user.id }),
      ...(error !== undefined && { error }),
    };
    if (error === undefined) logger.info(line);
    else logger.warn(line);
  };
}
