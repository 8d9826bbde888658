import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Express, Request, RequestHandler } from 'express';
import helmet from 'helmet';
import { authPaths, cookieName, showsPage } from '../auth/index.ts';
import type { RedirectUri } from '../config/redirect-uri.ts';
import type { Logger } from '../logging/log.ts';
import { AppError } from './errors.ts';

/** Security headers for every answer. Those that require https are sent only when the public origin is https. */
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
        // Our pages make no requests, but tools that read /robots.txt from within a page do.
        'connect-src': ["'self'"],
        'form-action': ["'self'"],
        'base-uri': ["'none'"],
        'frame-ancestors': ["'none'"],
        ...(secure && !local && { 'upgrade-insecure-requests': [] }),
      },
    },
    // On a local name, Chromium and Safari would require https on all other ports as well.
    strictTransportSecurity: secure && !local && { maxAge: 63_072_000, includeSubDomains: false },
    // `no-referrer` would make our own forms send `Origin: null`.
    referrerPolicy: { policy: 'same-origin' },
    xFrameOptions: { action: 'deny' },
  });
  const always = [...headersOf(headers), ['Permissions-Policy', permissions] as const];
  return (_req, res, next) => {
    for (const [name, value] of always) res.setHeader(name, value);
    next();
  };
}

/** helmet's headers are the same for every answer, and computing them each time costs a tenth of `GET /api/me`. */
function headersOf(middleware: ReturnType<typeof helmet>): [name: string, value: string][] {
  const response = new ServerResponse(new IncomingMessage(new Socket()));
  middleware(response.req, response, (error) => {
    if (error) throw error;
  });
  return Object.entries(response.getHeaders()).map(([name, value]) => [name, String(value)]);
}

/**
 * Takes the scheme of every request from the redirect URI: a proxy that omits `X-Forwarded-Proto`, or a visitor who
 * forges it, changes neither Secure cookies nor links.
 */
export function usePublicOrigin(app: Express, { secure }: RedirectUri): void {
  Object.defineProperty(app.request, 'secure', { value: secure, configurable: true });
  Object.defineProperty(app.request, 'protocol', { value: secure ? 'https' : 'http', configurable: true });
}

/**
 * Middleware for an app below `basePath`, e.g. `/tools`. Requests may arrive with that prefix or, when a proxy removes it,
 * without: the routes see them without. Redirects to a path of the app get it back.
 */
export function serveBelow(basePath: string): RequestHandler {
  const isBelow = (url: string) => url.startsWith(basePath) && /^([/?]|$)/.test(url.slice(basePath.length));
  return (req, res, next) => {
    if (isBelow(req.url)) req.url = req.originalUrl = req.url.slice(basePath.length).replace(/^(?!\/)/, '/');
    const { location } = res;
    res.location = (url) => location.call(res, url.startsWith('/') && !isBelow(url) ? basePath + url : url);
    next();
  };
}

/** Redirects to the public origin in a row, within seconds of each other, after which there is no other. */
const maxRedirects = 3;

/**
 * Redirects requests for another host name, or over plain http through the proxy, to the registered origin: a login that
 * starts at 127.0.0.1 would return to localhost without its cookie. Host names are compared as in DNS, without regard to
 * case. A name with a dot at the end is another origin to a browser, with its own cookies. A cookie counts the redirects:
 * when they lead nowhere else, `AppError('redirect_loop')` is passed on, and the log says it once.
 * @param options.behindProxy `Host` may be anything then, so only `X-Forwarded-Proto` is looked at.
 */
export function canonicalOrigin(
  { href, site, host, secure }: RedirectUri,
  { behindProxy, logger }: { behindProxy: boolean; logger: Pick<Logger, 'warn'> },
): RequestHandler {
  const defaultPort = secure ? ':443' : ':80';
  const isOurs = (sent = '') => [host, host + defaultPort].includes(sent.toLowerCase());
  const counter = cookieName('redirects', href);
  const count = new RegExp(`${counter}=(\\d)`);
  let warned = false;
  return (req, res, next) => {
    if (req.path === authPaths.verify) return next(); // a proxy asks, under any name
    if (behindProxy ? !(secure && cameByPlainHttp(req)) : isOurs(req.headers.host)) return next();
    const redirects = Number(count.exec(req.headers.cookie ?? '')?.[1] ?? 0);
    if (redirects < maxRedirects) {
      res.cookie(counter, redirects + 1, { path: '/', httpOnly: true, secure, sameSite: 'lax', maxAge: 10_000 });
      return res.set('Cache-Control', 'no-store').redirect(308, site + pathAndQuery(req));
    }
    if (!warned) logger.warn({ event: 'redirect_loop', url: site }, loopAdvice[behindProxy ? 'scheme' : 'host']);
    warned = true;
    next(new AppError('redirect_loop'));
  };
}

const loopAdvice = {
  scheme:
    'Visitors are redirected to https again and again: a proxy says X-Forwarded-Proto: http of requests that came by https. The outermost proxy has to set that header, and the ones behind it have to pass it on unchanged.',
  host: 'Visitors are redirected to the public origin again and again: a proxy in front replaces Host with another name. Make it pass Host on (Vite and http-proxy: changeOrigin: false), or set TLS=proxy.',
};

/** The proxy nearest to the visitor comes first when several have added their word. */
function cameByPlainHttp(req: Request): boolean {
  return /^\s*http\s*(,|$)/i.test(String(req.headers['x-forwarded-proto'] ?? '')) && isFromTrustedProxy(req);
}

/** The request target. An absolute one (`GET http://… HTTP/1.1`) leads to the home page. */
function pathAndQuery({ originalUrl }: Request): string {
  return originalUrl.startsWith('/') ? originalUrl : '/';
}

/**
 * Middleware for `TLS=proxy`: warns about two faults of the proxy that nothing else shows, each once. Requests from a
 * proxy that `TRUST_PROXY` does not cover make all visitors look like one. A proxy that sends no `X-Forwarded-Proto`
 * makes plain http look like https. Cookies are Secure in any case.
 */
export function createProxyCheck(logger: Pick<Logger, 'warn'>): RequestHandler {
  const unseen = new Set(proxyFaults);
  return (req, _res, next) => {
    for (const fault of unseen) {
      if (!fault.shows(req)) continue;
      unseen.delete(fault);
      const address = req.socket.remoteAddress;
      logger.warn({ event: fault.event, setting: 'TRUST_PROXY', address }, fault.message);
    }
    next();
  };
}

const proxyFaults = [
  {
    event: 'proxy_not_trusted',
    shows: (req: Request) => req.headers['x-forwarded-for'] !== undefined && !isFromTrustedProxy(req),
    message:
      'Requests come from a proxy that TRUST_PROXY does not cover, so its X-Forwarded-For and X-Forwarded-Proto are ignored: all visitors share one rate limit, and plain http is not redirected. Set TRUST_PROXY=1 for one proxy, or to the addresses of all of them.',
  },
  {
    event: 'proxy_says_no_scheme',
    // A health check comes without the header as well.
    shows: (req: Request) => req.headers['x-forwarded-proto'] === undefined && showsPage(req),
    message:
      'The proxy sends no X-Forwarded-Proto, so plain-http requests cannot be redirected to https. Make it set that header (nginx: proxy_set_header X-Forwarded-Proto $scheme), let TRUST_PROXY count that proxy, and close port 80 until then.',
  },
];

function isFromTrustedProxy(req: Request): boolean {
  const trust: (address: string | undefined, hop: number) => boolean = req.app.get('trust proxy fn');
  return trust(req.socket.remoteAddress, 0);
}
