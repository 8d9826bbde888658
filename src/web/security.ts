import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Express, NextFunction, Request, RequestHandler, Response } from 'express';
import helmet from 'helmet';
import type { RedirectUri } from '../config/redirect-uri.ts';

/** Security headers for every answer. What only makes sense over https is sent only when the public origin is https. */
export function securityHeaders({ secure, local }: RedirectUri): RequestHandler {
  const permissions = ['camera', 'geolocation', 'microphone', 'payment', 'usb'].map((name) => `${name}=()`).join(', ');
  const headers = helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        'default-src': ["'none'"],
        'style-src': ["'self'"],
        'script-src': ["'self'"],
        'img-src': ["'self'"],
        // Nothing of ours connects; tools that read /robots.txt from within a page do.
        'connect-src': ["'self'"],
        'form-action': ["'self'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
        ...(secure && !local && { 'upgrade-insecure-requests': [] }),
      },
    },
    // Chromium and Safari would hold other ports of a local name to https as well.
    strictTransportSecurity: secure && !local && { maxAge: 63_072_000, includeSubDomains: false },
    // `no-referrer` would make our own forms say `Origin: null`.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  const always = [...headersOf(headers), ['Permissions-Policy', permissions] as const];
  return (_req, res, next) => {
    for (const [name, value] of always) res.setHeader(name, value);
    next();
  };
}

/** What helmet writes is the same for every answer, so it is asked once. */
function headersOf(middleware: ReturnType<typeof helmet>): [name: string, value: string][] {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  middleware(response.req, response, (error) => {
    if (error) throw error;
  });
  return Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
}

/**
 * How the public reaches this app is decided by the redirect URI alone: a proxy that forgets `X-Forwarded-Proto`, or a
 * visitor who forges it, changes neither Secure cookies nor links.
 */
export function usePublicOrigin(app: Express, { secure }: RedirectUri): void {
  Object.defineProperty(app.request, 'secure', { value: secure, configurable: true });
  Object.defineProperty(app.request, 'protocol', { value: secure ? 'https' : 'http', configurable: true });
}

/**
 * Redirects requests for another host name, or over plain http through the proxy, to the registered origin: a login that
 * begins at 127.0.0.1 would come back to localhost without its cookie. A name is compared as DNS does, in any case; one
 * that ends in a dot is another origin to a browser, with cookies of its own.
 * @param behindProxy `Host` may be whatever the proxy sends then; only an explicit hint is followed.
 */
export function canonicalOrigin({ origin, host, secure }: RedirectUri, behindProxy: boolean): RequestHandler {
  const defaultPort = secure ? ':443' : ':80';
  const isOurs = (sent = '') => [host, host + defaultPort].includes(sent.toLowerCase());
  return (req: Request, res: Response, next: NextFunction) => {
    if (behindProxy ? cameByPlainHttp(req) && secure : !isOurs(req.headers.host)) {
      res.set('Cache-Control', 'no-store').redirect(308, origin + pathAndQuery(req));
    } else {
      next();
    }
  };
}

function cameByPlainHttp(req: Request): boolean {
  return req.headers['x-forwarded-proto'] === 'http' && req.app.get('trust proxy fn')(req.socket.remoteAddress, 0);
}

/** The request target. An absolute one (`GET http://… HTTP/1.1`) leads to the home page. */
function pathAndQuery({ originalUrl }: Request): string {
  return originalUrl.startsWith('/') ? originalUrl : '/';
}
