/** The log: JSON for machines, pretty for people; one line per request and per event. */
import { createRequire } from 'node:module';
import { performance } from 'node:perf_hooks';
import { Writable } from 'node:stream';
import type { RequestHandler } from 'express';
import pino from 'pino';
import type PinoPretty from 'pino-pretty';
import { allowedFields, plainText } from './log-fields.ts';
import { prettyMessage } from './log-pretty.ts';
import { newRequestId, saneRequestId } from './request-id.ts';
import type { LineOutput } from './standard-output.ts';
import { standardOutput } from './standard-output.ts';

/** What the app uses of pino. Child loggers are left out: their fields would pass by the allow-list. */
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
 * None is lost when the process ends or crashes. Nothing waits for a standard output that is not read: what it misses is
 * dropped, and said once it is read again (`log_lines_dropped`).
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
 * Express middleware for the first place in the chain. Gives every request an id: the proxy's `X-Request-Id` when it is a
 * plain short word, else a new one; it becomes `req.id` and the answer's `X-Request-Id`. When the answer has
 * ended, or its reader has gone, one line tells method, path, status, duration and id: never a query string,
 * header, cookie or body.
 */
export function requestLog(logger: Logger): RequestHandler {
  return function logRequest(req, res, next) {
    const requestId = saneRequestId(req.headers['x-request-id']) ?? newRequestId();
    req.id = requestId;
    res.setHeader('X-Request-Id', requestId);
    if (!logger.isLevelEnabled('info')) return next();
    const startedAt = performance.now();
    res.on('close', () => {
      const line = {
        event: 'request',
        method: req.method,
        path: pathOf(req.originalUrl),
        status: res.statusCode,
        durationMs: Math.round((performance.now() - startedAt) * 10) / 10,
        requestId,
      };
      logger.info(res.writableFinished ? line : { ...line, aborted: true });
    });
    next();
  };
}

declare global {
  namespace Express {
    interface Request {
      /** Names this request in the log, in failure pages and in the answer's `X-Request-Id`. */
      id: string;
    }
  }
}

/** The path of a request target, without its query; a target of another form (`*`, `http://…`) may hold anything. */
function pathOf(target: string): string {
  if (!target.startsWith('/')) return '(no path)';
  const end = target.indexOf('?');
  return end < 0 ? target : target.slice(0, end);
}

/** `logger.error(error)` and `%s` arguments would reach the line around the allow-list: bring them inside it. */
function writePlainly(this: pino.Logger, args: Parameters<pino.LogFn>, write: pino.LogFn): void {
  const [first, message] = args as [unknown, unknown];
  if (typeof first === 'string') write.call(this, plainText(first));
  else if (isErrorLike(first)) write.call(this, { error: first }, plainText(String(message ?? first.message)));
  else write.call(this, first, typeof message === 'string' ? plainText(message) : undefined);
}

function isErrorLike(value: unknown): value is { message: string } {
  return typeof value === 'object' && value !== null && 'message' in value && 'stack' in value;
}

/** pino-pretty is loaded only when a person reads along: it costs start-up time. */
function prettyStream(output: Writable | LineOutput): pino.DestinationStream {
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof PinoPretty;
  return pretty({
    hideObject: true,
    translateTime: 'SYS:HH:MM:ss',
    messageFormat: prettyMessage,
    destination: output instanceof Writable ? output : toWritable(output),
  });
}

function toWritable(output: LineOutput): Writable {
  return new Writable({
    write(chunk, _encoding, done) {
      output.write(String(chunk));
      done();
    },
  });
}
