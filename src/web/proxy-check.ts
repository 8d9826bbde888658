/** Notices a proxy that keeps from the app what it has to know, and says once which setting fixes it. */
import type { Request, RequestHandler } from 'express';
import type { Logger } from '../logging/log.ts';

/**
 * Middleware for `TLS=proxy`. Two things go wrong in silence otherwise: requests from a proxy that `TRUST_PROXY` does not
 * cover, so that all visitors look like one, and a proxy that does not say how it was reached, so that plain http
 * cannot be told from https. Each is logged once, at the first request that shows it. Cookies are Secure in any case.
 */
export function createProxyCheck(logger: Logger): RequestHandler {
  const told = new Set<string>();
  return (req, _res, next) => {
    if (told.size < problems.length) {
      const found = problems.find(({ event, shows }) => !told.has(event) && shows(req));
      if (found) {
        told.add(found.event);
        logger.warn({ event: found.event, setting: found.setting, address: req.socket.remoteAddress }, found.message);
      }
    }
    next();
  };
}

const problems = [
  {
    event: 'proxy_not_trusted',
    setting: 'TRUST_PROXY',
    shows: (req: Request) => req.headers['x-forwarded-for'] !== undefined && !isTrusted(req),
    message:
      'Requests come from a proxy that TRUST_PROXY does not cover, so its X-Forwarded-For and X-Forwarded-Proto are ignored: all visitors share one rate limit, and plain http is not redirected. Set TRUST_PROXY=1 for one proxy, or to the addresses of all of them.',
  },
  {
    event: 'proxy_says_no_scheme',
    setting: 'TRUST_PROXY',
    shows: (req: Request) => req.headers['x-forwarded-proto'] === undefined,
    message:
      'The proxy sends no X-Forwarded-Proto, so plain-http requests cannot be redirected to https. Let it set that header (nginx: proxy_set_header X-Forwarded-Proto $scheme), let TRUST_PROXY count that proxy, and close port 80 until then.',
  },
];

function isTrusted(req: Request): boolean {
  const trust: (address: string | undefined, hop: number) => boolean = req.app.get('trust proxy fn');
  return trust(req.socket.remoteAddress, 0);
}
