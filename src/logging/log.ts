/** The log: one line per request and per event, as JSON or for a terminal. */
import { randomBytes } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import type { WriteStream } from 'node:tty';
import type { RequestHandler } from 'express';
import pino from 'pino';
import type { AuthEvent } from '../auth/index.ts';
import { allowedFields, plainText } from './log-fields.ts';
import { prettyLine } from './log-pretty.ts';
import { type LineOutput, standardOutput } from './standard-output.ts';

/** What the app uses of pino. Child loggers are left out: their fields would bypass the allow-list. */
export type Logger = Pick<
  pino.Logger,
  'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'level' | 'isLevelEnabled'
>;

export interface LoggerOptions {
  level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';
  format: 'json' | 'pretty';
  /** Where lines go; standard output by default. */
  destination?: Writable;
}

/**
 * A pino logger that writes only what `log-fields.ts` allows: `logger.warn({ event: 'login_failed', requestId, error }, 'sentence')`.
 * No line is lost when the process ends or crashes. When nobody reads standard output, the app does not wait: lines are
 * dropped, and their number is logged later (`log_lines_dropped`).
 */
export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const output =
    destination ??
    standardOutput((count) =>
      logger.warn({ event: 'log_lines_dropped', count }, 'Standard output was not read for a while'),
    );
  const logger = pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: {
        level: (label) => ({ level: label }),
        log: allowedFields,
      },
      hooks: { logMethod: writePlainly },
    },
    format === 'pretty' ? prettyStream(output) : output,
  );
  return logger;
}

/**
 * The first middleware of the app. Gives every request an id, `req.id`, which the answer's `X-Request-Id` repeats: the
 * proxy's own when it is a plain short word, otherwise a new one. When the answer has ended, or the connection was
 * closed, it logs method, path, status, duration and id: never a query string, header, cookie or body.
 */
export function requestLog(logger: Logger): RequestHandler {
  return function logRequest(req, res, next) {
    const sent = req.headers['x-request-id'];
    req.id = typeof sent === 'string' && /^[\w-]{1,64}$/.test(sent) ? sent : newRequestId();
    res.setHeader('X-Request-Id', req.id);
    if (!logger.isLevelEnabled('info')) return next();
    const startedAt = performance.now();
    res.on('close', () => {
      const line = {
        event: 'request',
        method: req.method,
        path: pathOf(req.originalUrl),
        status: res.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        requestId: req.id,
      };
      logger.info(res.writableFinished ? line : { ...line, aborted: true });
    });
    next();
  };
}

const idPrefix = randomBytes(5).toString('hex');
let requestCount = 0;

/** Unique among all instances, but not secret: a random part per process, and a count. */
function newRequestId(): string {
  requestCount += 1;
  return `${idPrefix}-${requestCount.toString(36)}`;
}

/** Logs what happens to logins: in which request, to which member, and why when something failed. */
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

declare global {
  namespace Express {
    interface Request {
      /** Identifies this request in the log, on failure pages and in the answer's `X-Request-Id`. */
      id: string;
    }
  }
}

/** The path of a request target, without its query. A target of another form (`*`, `http://…`) may hold anything. */
function pathOf(target: string): string {
  if (!target.startsWith('/')) return '(no path)';
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

/** `logger.error(error)` and `%s` arguments would bypass the allow-list: this applies it to them. */
function writePlainly(this: pino.Logger, args: Parameters<pino.LogFn>, write: pino.LogFn): void {
  const [first, message] = args as [unknown, unknown];
  if (typeof first === 'string') write.call(this, plainText(first));
  else if (isErrorLike(first)) write.call(this, { error: first }, plainText(String(message ?? first.message)));
  else write.call(this, first, typeof message === 'string' ? plainText(message) : undefined);
}

function isErrorLike(value: unknown): value is { message: string } {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}

function prettyStream(output: Writable | LineOutput): pino.DestinationStream {
  const stream = (output instanceof Writable ? output : process.stdout) as Partial<WriteStream>;
  const colored = stream.hasColors?.() ?? false;
  return { write: (line) => void output.write(prettyLine(line, colored)) };
}
