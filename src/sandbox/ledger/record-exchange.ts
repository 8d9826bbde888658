import type { Request, RequestHandler, Response } from 'express';
import { bodyText } from '../http/body.ts';
import type { SandboxStore } from '../store.ts';
import type { RawEntry } from './ledger.ts';

/** Writes every request into the ledger, except those for the sandbox's own control pages. */
export function recordExchange({ ledger, clock }: SandboxStore): RequestHandler {
  return (req, res, next) => {
    if (isOurOwn(req.path)) return next();
    const { method, originalUrl: url, headers } = req;
    const startedAt = performance.now();
    const entry = ledger.begin({ at: clock.now(), method, url, headers });
    onAnswer(res, (body) => {
      note(entry, req, res);
      const durationMs = Math.round((performance.now() - startedAt) * 10) / 10;
      entry.response = { status: res.statusCode, headers: res.getHeaders(), body, durationMs };
    });
    res.once('close', () => {
      note(entry, req, res);
      if (!res.writableFinished) entry.dropped = true;
    });
    next();
  };
}

function isOurOwn(path: string): boolean {
  return path === '/' || path === '/sandbox.css' || path === '/favicon.ico' || path.startsWith('/__sandbox');
}

function note(entry: RawEntry, req: Request, res: Response): void {
  entry.body = bodyText(req);
  if (res.locals.endpoint) entry.endpoint = res.locals.endpoint;
  if (res.locals.fault) entry.fault = res.locals.fault;
}

/** Calls back with the body just before the answer leaves; every answer here is sent in one piece. */
function onAnswer(res: Response, callback: (body: string) => void): void {
  const end = res.end.bind(res);
  res.end = ((...args: Parameters<typeof end>) => {
    const [chunk] = args;
    callback(typeof chunk === 'string' || Buffer.isBuffer(chunk) ? chunk.toString() : '');
    return end(...args);
  }) as typeof res.end;
}
